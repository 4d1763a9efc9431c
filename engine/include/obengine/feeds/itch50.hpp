// NASDAQ TotalView-ITCH 5.0, as files have it: frames of a two-byte big-endian length and a message.
// Source of the layouts: the public specification "NASDAQ TotalView-ITCH 5.0".
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

[[nodiscard]] constexpr const char* words(Fault fault) noexcept {
    switch (fault) {
        case Fault::none: return "no fault";
        case Fault::truncated: return "the frame is cut off";
        case Fault::unknown_type: return "the message type is unknown";
        case Fault::wrong_length: return "the length is not that of the message type";
    }
    return "unknown";
}

// Where reading ended: behind the last frame that was handled. With a fault, that is where the faulty
// frame begins; a truncated one can be read again once more bytes are there.
struct End {
    std::size_t offset = 0;
    std::size_t messages = 0;
    Fault fault = Fault::none;
};

// The length of each message type, 0 where there is none.
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

// A message where it lies; each field is there in the types that have it.
class Message {
public:
    explicit Message(const unsigned char* at) noexcept : at_(at) {}

    [[nodiscard]] const unsigned char* begin() const noexcept { return at_; }
    [[nodiscard]] char type() const noexcept { return static_cast<char>(at_[0]); }
    [[nodiscard]] std::uint16_t locate() const noexcept { return big<std::uint16_t>(1); }
    [[nodiscard]] std::uint64_t timestamp_ns() const noexcept { return big<std::uint64_t>(3) & 0xFFFF'FFFF'FFFF; }
    // Order messages.
    [[nodiscard]] OrderId order_id() const noexcept { return big<std::uint64_t>(11); }
    // A, F: 0 buy, 1 sell; 2 where the byte is neither B nor S.
    [[nodiscard]] std::uint32_t side() const noexcept { return at_[19] == 'B' ? 0U : at_[19] == 'S' ? 1U : 2U; }
    [[nodiscard]] std::uint32_t added_lots() const noexcept { return big<std::uint32_t>(20); }
    [[nodiscard]] Ticks added_price() const noexcept { return big<std::uint32_t>(32); }
    // F: its four bytes, the first one lowest.
    [[nodiscard]] std::uint32_t attribution() const noexcept {
        std::uint32_t value;
        std::memcpy(&value, at_ + 36, sizeof value);
        return value;
    }
    // E, C, X.
    [[nodiscard]] std::uint32_t gone_lots() const noexcept { return big<std::uint32_t>(19); }
    // U.
    [[nodiscard]] OrderId new_id() const noexcept { return big<std::uint64_t>(19); }
    [[nodiscard]] std::uint32_t new_lots() const noexcept { return big<std::uint32_t>(27); }
    [[nodiscard]] Ticks new_price() const noexcept { return big<std::uint32_t>(31); }

    // Whether it is about an order that is or will be in a book.
    [[nodiscard]] bool is_of_an_order() const noexcept {
        switch (type()) {
            case 'A': case 'F': case 'E': case 'C': case 'X': case 'D': case 'U': return true;
            default: return false;
        }
    }

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

// What reads messages: handle(message) does the work; expect(message) and approach(message) are called
// for the same message a while before, in this order, so that memory can be fetched.
template <class Handler>
concept MessageHandler = requires(Handler& handler, Message message) {
    handler.expect(message);
    handler.approach(message);
    handler.handle(message);
};

// Finds the frames of a file one after another, up to the end of the bytes, an empty frame (which marks
// the end of a file) or the first faulty frame. No byte outside `bytes` is read, whatever they hold.
class Frames {
public:
    explicit Frames(std::span<const unsigned char> bytes) noexcept : bytes_(bytes) {}

    // The next message, or nullptr: then `end()` says why.
    [[nodiscard, gnu::always_inline]] const unsigned char* next() noexcept {
        const std::size_t left = bytes_.size() - end_.offset;
        if (left < 3) [[unlikely]] return stop_short(left);
        const unsigned char* const frame = bytes_.data() + end_.offset;
        const std::size_t length = std::size_t{frame[0]} << 8 | frame[1];
        if (length == 0 || length != length_of[frame[2]] || left - 2 < length) [[unlikely]] return stop_at(frame, length);
        end_.offset += 2 + length;
        ++end_.messages;
        return frame + 2;
    }

    [[nodiscard]] const End& end() const noexcept { return end_; }

private:
    [[gnu::noinline, gnu::cold]] const unsigned char* stop_short(std::size_t left) noexcept {
        const bool marked = left == 2 && bytes_[end_.offset] == 0 && bytes_[end_.offset + 1] == 0;
        if (marked) {
            end_.offset += 2;
        } else if (left != 0) {
            end_.fault = Fault::truncated;
        }
        return nullptr;
    }

    [[gnu::noinline, gnu::cold]] const unsigned char* stop_at(const unsigned char* frame, std::size_t length) noexcept {
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

// Hands all messages to the handler. Blocks of them are found while those before are handled, so that
// what they expect has long arrived.
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
            handler.expect(Message(message));
        }
    };
    find(blocks[0]);
    for (std::size_t turn = 0;; turn ^= 1) {
        const Block& here = blocks[turn];
        if (here.found == block) find(blocks[turn ^ 1]);
        for (std::size_t k = 0; k < std::min(ahead, here.found); ++k) handler.approach(Message(here.messages[k]));
        for (std::size_t k = 0; k < here.found; ++k) {
            if (k + ahead < here.found) handler.approach(Message(here.messages[k + ahead]));
            handler.handle(Message(here.messages[k]));
        }
        if (here.found < block) return frames.end();
    }
}

}  // namespace obengine::itch50
