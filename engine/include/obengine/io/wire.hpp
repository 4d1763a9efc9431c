// COMMAND records in network byte order: the same fields in the same order, big-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "obengine/io/messages.hpp"

namespace obengine {

[[nodiscard]] inline Command decode_wire(const unsigned char* at) noexcept {
    std::uint16_t two[2];
    std::uint32_t four[2];
    std::uint64_t eight[2];
    std::memcpy(two, at + 4, sizeof two);
    std::memcpy(four, at + 8, sizeof four);
    std::memcpy(eight, at + 16, sizeof eight);
    return {at[0],
            at[1],
            at[2],
            at[3],
            __builtin_bswap16(two[0]),
            __builtin_bswap16(two[1]),
            static_cast<Lots>(__builtin_bswap32(four[0])),
            __builtin_bswap32(four[1]),
            __builtin_bswap64(eight[0]),
            static_cast<Ticks>(__builtin_bswap64(eight[1]))};
}

inline void decode_wire(const unsigned char* records, std::size_t count, Command* commands) noexcept {
    for (std::size_t k = 0; k < count; ++k) commands[k] = decode_wire(records + k * sizeof(Command));
}

}  // namespace obengine
