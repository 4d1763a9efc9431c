// Conversions between C++ memory and NumPy byte arrays.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

namespace nb = nanobind;

using BytesIn = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using BytesOut = nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<1>>;
using LevelRow = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
};
using Memory = std::unique_ptr<void, Free>;

[[nodiscard]] inline Memory allocate(std::size_t bytes) {
    Memory memory(std::malloc(std::max<std::size_t>(bytes, 1)));
    if (!memory) throw std::bad_alloc();
    return memory;
}

// A NumPy array that owns the memory.
[[nodiscard]] inline BytesOut as_array(Memory memory, std::size_t bytes) {
    nb::capsule owner(memory.get(), [](void* held) noexcept { std::free(held); });
    return BytesOut(memory.release(), {bytes}, owner);
}

// A copy of records in new memory.
template <class Record>
[[nodiscard]] Memory copied(const Record* records, std::size_t count) {
    Memory memory = allocate(count * sizeof(Record));
    if (count != 0) std::memcpy(memory.get(), records, count * sizeof(Record));
    return memory;
}

// A NumPy byte array that owns the memory of a vector.
template <class Record>
[[nodiscard]] BytesOut as_bytes(std::unique_ptr<std::vector<Record>> records) {
    const std::size_t bytes = records->size() * sizeof(Record);
    void* const first = records->data();
    nb::capsule owner(records.release(), [](void* held) noexcept { delete static_cast<std::vector<Record>*>(held); });
    return BytesOut(first, {bytes}, owner);
}

// Throws std::invalid_argument (ValueError in Python).
inline void require(bool good, const char* message) {
    if (!good) throw std::invalid_argument(message);
}

inline constexpr std::size_t max_symbols = std::size_t{1} << 16;

inline void require_symbols(std::size_t symbols) {
    require(symbols >= 1 && symbols <= max_symbols, "symbols must be 1 to 65536");
}

// Register the classes of bindings_<name>.cpp.
void bind_itch(nb::module_& module);
void bind_lobster(nb::module_& module);
void bind_pipeline(nb::module_& module);
