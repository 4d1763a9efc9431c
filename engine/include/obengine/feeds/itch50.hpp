// NASDAQ TotalView-ITCH 5.0 files: frames of a two-byte big-endian length and a message.
// Layouts: the public specification "NASDAQ TotalView-ITCH 5.0".
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "obengine/io/messages.hpp"

namespace obengine::itch50 {

enum class Fault : std::uint8_t { none, truncated, unknown_type, wrong_length };

[[nodiscard]] constexpr const char* describe(Fault fault) noexcept {
    switch (fault) {
        case Fault::none: return "no fault";
        case Fault::truncated: return "the frame is truncated";
        case Fault::unknown_type: return "unknown message type";
        case Fault::wrong_length: return "wrong length for the message type";
    }
    return "unknown";
}

// The end of reading, after the last handled frame. With a fault it is the start of the faulty frame; a
// truncated frame can be read again when more bytes are available.
struct End {
    std::size_t offset = 0;
    std::size_t messages = 0;
    Fault fault = Fault::none;
};

// The length of each message type; 0 if there is no such type.
[[nodiscard]] consteval std::array<std::uint8_t, 256> lengths() {
    std::array<std::uint8_t, 256> table{};
    const auto set = [&table](char type, std::uint8_t length) { table[static_cast<unsigned char>(type)] = length; };
    set('S', 12), set('R', 39), set('H', 25), set('Y', 20), set('L', 26), set('V', 35), set('W', 12), set('K', 28);
    set('J', 35), set('h', 21), set('A', 36), set('F', 40), set('E', 31), set('C', 36), set('X', 23), set('D', 19);
    set('U', 35), set('P', 44), set('Q', 40), set('B', 19), set('I', 50), set('N', 20), set('O', 48);
    return table;
}
inline constexpr std::array<std::uint8_t, 256> length_of = lengths();
inline constexpr std::size_t longest_message = *std::max_element(length_of.begin(), length_of.end());

// A view of a message; each field exists only in the types listed.
class Message {
public:
    explicit Message(const unsigned char* at) noexcept : at_(at) {}

    [[nodiscard]] const unsigned char* begin() const noexcept { return at_; }
    [[nodiscard]] char type() const noexcept { return static_cast<char>(at_[0]); }
    [[nodiscard]] std::uint16_t locate() const noexcept { return big<std::uint16_t>(1); }
    [[nodiscard]] std::uint64_t timestamp_ns() const noexcept { return big<std::uint64_t>(3) & 0xFFFF'FFFF'FFFF; }
    // Order messages.
    [[nodiscard]] OrderId order_id() const noexcept { return big<std::uint64_t>(11); }
    // A, F: 0 buy, 1 sell, 2 invalid.
    [[nodiscard]] std::uint32_t side() const noexcept { return at_[19] == 'B' ? 0U : at_[19] == 'S' ? 1U : 2U; }
    [[nodiscard]] std::uint32_t added_lots() const noexcept { return big<std::uint32_t>(20); }
    [[nodiscard]] Ticks added_price() const noexcept { return big<std::uint32_t>(32); }
    // F: four bytes, the first one lowest.
    [[nodiscard]] std::uint32_t attribution() const noexcept {
        std::uint32_t value;
        std::memcpy(&value, at_ + 36, sizeof value);
        return value;
    }
    // E, C, X.
    [[nodiscard]] std::uint32_t reduced_lots() const noexcept { return big<std::uint32_t>(19); }
    // U.
    [[nodiscard]] OrderId new_id() const noexcept { return big<std::uint64_t>(19); }
    [[nodiscard]] std::uint32_t new_lots() const noexcept { return big<std::uint32_t>(27); }
    [[nodiscard]] Ticks new_price() const noexcept { return big<std::uint32_t>(31); }

    // Whether the message refers to an order in a book.
    [[nodiscard]] bool is_order_message() const noexcept {
        switch (type()) {
            case 'A': case 'F': case 'E': case 'C': case 'X': case 'D': case 'U': return true;
            default: return false;
        }
    }

    // A number at an offset from the type.
    template <class T>
    [[nodiscard]] T number(std::size_t offset) const noexcept { return big<T>(offset); }

private:
    template <class T>
    [[nodiscard]] T big(std::size_t offset) const noexcept {
        T value;
        std::memcpy(&value, at_ + offset, sizeof value);
        if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
        if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
        if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
    }

    const unsigned char* at_;
};

// A handler of messages. prefetch_early(message) and then prefetch_late(message) are called some messages before
// handle(message).
template <class Handler>
concept MessageHandler = requires(Handler& handler, Message message) {
    handler.prefetch_early(message);
    handler.prefetch_late(message);
    handler.handle(message);
};

// Iterates over the frames of a file until the end of the bytes, an empty frame (end of file), or the first faulty
// frame. Never reads outside `bytes`.
class Frames {
public:
    explicit Frames(std::span<const unsigned char> bytes) noexcept : bytes_(bytes) {}

    // The next message, or nullptr; end() then has the reason.
    [[nodiscard, gnu::always_inline]] const unsigned char* next() noexcept {
        const std::size_t left = bytes_.size() - end_.offset;
        if (left < 3) [[unlikely]] return stop_at_end(left);
        const unsigned char* const frame = bytes_.data() + end_.offset;
        const std::size_t length = std::size_t{frame[0]} << 8 | frame[1];
        if (length == 0 || length != length_of[frame[2]] || left - 2 < length) [[unlikely]] return stop_at_fault(frame, length);
        end_.offset += 2 + length;
        ++end_.messages;
        return frame + 2;
    }

    [[nodiscard]] const End& end() const noexcept { return end_; }

private:
    [[gnu::noinline, gnu::cold]] const unsigned char* stop_at_end(std::size_t left) noexcept {
        const bool marked = left == 2 && bytes_[end_.offset] == 0 && bytes_[end_.offset + 1] == 0;
        if (marked) {
            end_.offset += 2;
        } else if (left != 0) {
            end_.fault = Fault::truncated;
        }
        return nullptr;
    }

    [[gnu::noinline, gnu::cold]] const unsigned char* stop_at_fault(const unsigned char* frame, std::size_t length) noexcept {
        const std::size_t known = length_of[frame[2]];
        if (length == 0) {
            end_.offset += 2;
        } else {
            end_.fault = known == 0 ? Fault::unknown_type : length != known ? Fault::wrong_length : Fault::truncated;
        }
        return nullptr;
    }

    std::span<const unsigned char> bytes_;
    End end_;
};

// Passes all messages to the handler. The next block of frames is located and prefetched while the current block
// is handled.
template <MessageHandler Handler>
End read(std::span<const unsigned char> bytes, Handler& handler) {
    constexpr std::size_t block = 32;
    constexpr std::size_t ahead = 4;
    struct Block {
        std::array<const unsigned char*, block> messages;
        std::size_t found;
    };
    std::array<Block, 2> blocks;
    Frames frames(bytes);
    const auto find = [&](Block& into) {
        for (into.found = 0; into.found < block; ++into.found) {
            const unsigned char* const message = frames.next();
            if (message == nullptr) break;
            into.messages[into.found] = message;
            handler.prefetch_early(Message(message));
        }
    };
    find(blocks[0]);
    for (std::size_t turn = 0;; turn ^= 1) {
        const Block& here = blocks[turn];
        if (here.found == block) find(blocks[turn ^ 1]);
        for (std::size_t k = 0; k < std::min(ahead, here.found); ++k) handler.prefetch_late(Message(here.messages[k]));
        for (std::size_t k = 0; k < here.found; ++k) {
            if (k + ahead < here.found) handler.prefetch_late(Message(here.messages[k + ahead]));
            handler.handle(Message(here.messages[k]));
        }
        if (here.found < block) return frames.end();
    }
}

}  // namespace obengine::itch50
