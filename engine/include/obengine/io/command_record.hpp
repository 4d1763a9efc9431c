// A view of a COMMAND record at any address; fields are read on demand.
#pragma once

#include <cstdint>
#include <cstring>

#include "obengine/io/messages.hpp"

namespace obengine {

class CommandRecord {
public:
    explicit CommandRecord(const void* record) noexcept : at_(static_cast<const unsigned char*>(record)) {}

    // The first eight bytes as one word, so that one comparison checks six fields.
    class Head {
    public:
        explicit Head(std::uint64_t word) noexcept : word_(word) {}

        [[nodiscard]] std::uint16_t symbol() const noexcept { return static_cast<std::uint16_t>(word_ >> 32); }
        [[nodiscard]] std::uint32_t side() const noexcept { return (word_ >> 8) & 1; }
        [[nodiscard]] bool is_market() const noexcept { return (word_ & 0x01'0000) != 0; }
        // Neither MARKET nor IOC.
        [[nodiscard]] bool rests() const noexcept { return (word_ & 0x0101'0000) == 0; }
        // NEW of LIMIT or MARKET, GTC or IOC, with a valid side and no flags.
        [[nodiscard]] bool is_plain_new() const noexcept { return (word_ & 0xFFFF'0000'FEFE'FEFF) == 0; }
        // CANCEL without flags.
        [[nodiscard]] bool is_plain_cancel() const noexcept {
            return (word_ & 0xFFFF'0000'0000'00FF) == static_cast<std::uint64_t>(Op::cancel);
        }

    private:
        std::uint64_t word_;
    };

    [[nodiscard]] Head head() const noexcept { return Head(read<std::uint64_t>(0)); }
    [[nodiscard]] Lots qty() const noexcept { return read<Lots>(8); }
    [[nodiscard]] std::uint32_t lots() const noexcept { return read<std::uint32_t>(8); }
    [[nodiscard]] std::uint32_t participant() const noexcept { return read<std::uint32_t>(12); }
    [[nodiscard]] OrderId id() const noexcept { return read<OrderId>(16); }
    [[nodiscard]] Ticks price() const noexcept { return read<Ticks>(24); }
    [[nodiscard]] const unsigned char* begin() const noexcept { return at_; }
    [[nodiscard]] const unsigned char* end() const noexcept { return at_ + sizeof(Command); }
    [[nodiscard]] Command command() const noexcept { return read<Command>(0); }

private:
    template <class T>
    [[nodiscard]] T read(std::size_t offset) const noexcept {
        T value;
        std::memcpy(&value, at_ + offset, sizeof value);
        return value;
    }

    const unsigned char* at_;
};

}  // namespace obengine
