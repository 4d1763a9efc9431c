// A fast reader of CSV lines of integers; obengine/feeds/integer_csv.py reads the rest and reports errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace obengine {

// Reads whole lines of `columns` integers. With `seconds_first`, the first field is seconds with at most nine
// decimals, converted to nanoseconds. With `label_last`, the last field is a label of at most eight letters, digits,
// dots, underscores and dashes, the first one lowest; an empty one and `null` are 0. Returns false on any other format; the strict reader then reports it.
class IntegerLines {
public:
    IntegerLines(std::span<const unsigned char> text, std::size_t columns, bool seconds_first, bool label_last) noexcept
        : at_(text.data()), end_(text.data() + text.size()), columns_(columns), seconds_first_(seconds_first),
          label_last_(label_last) {}

    [[nodiscard]] bool read(std::vector<std::int64_t>& values) {
        // A field takes at least two bytes, a digit and a delimiter; an empty label only its delimiter.
        values.resize(static_cast<std::size_t>(end_ - at_) / (label_last_ ? 1 : 2) + 1);
        std::int64_t* next = values.data();
        while (at_ != end_) {
            for (std::size_t column = 0; column < columns_; ++column) {
                const bool last = column + 1 == columns_;
                if (!field(*next, column == 0 && seconds_first_, last && label_last_) || !field_ends(last)) return false;
                ++next;
            }
        }
        values.resize(static_cast<std::size_t>(next - values.data()));
        return true;
    }

private:
    static constexpr int most_digits = 18;
    static constexpr int nano_digits = 9;

    [[nodiscard]] bool field_ends(bool last) noexcept {
        if (last && at_ != end_ && *at_ == '\r') ++at_;
        return at_ != end_ && *at_++ == (last ? '\n' : ',');
    }

    [[nodiscard]] bool field(std::int64_t& value, bool is_seconds, bool is_label) noexcept {
        return is_label ? label(value) : is_seconds ? seconds(value) : integer(value);
    }

    [[nodiscard]] static bool is_label_character(unsigned char byte) noexcept {
        const unsigned char letter = byte | 0x20U;
        return (letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
    }

    [[nodiscard]] bool label(std::int64_t& value) noexcept {
        value = 0;
        for (int place = 0; at_ != end_ && is_label_character(*at_); ++at_, place += 8) {
            if (place == most_label_bits) return false;
            value |= std::int64_t{*at_} << place;
        }
        if (value == null_label) value = 0;
        return true;
    }

    // The number of digits read; 0 if none or too many.
    [[nodiscard]] int digits(std::int64_t& value) noexcept {
        const unsigned char* const first = at_;
        value = 0;
        for (; at_ != end_; ++at_) {
            const unsigned digit = *at_ - unsigned{'0'};
            if (digit > 9) break;
            if (at_ - first == most_digits) return 0;
            value = value * 10 + digit;
        }
        return static_cast<int>(at_ - first);
    }

    [[nodiscard]] bool integer(std::int64_t& value) noexcept {
        const bool minus = at_ != end_ && *at_ == '-';
        at_ += minus;
        const bool good = digits(value) != 0;
        if (minus) value = -value;
        return good;
    }

    [[nodiscard]] bool seconds(std::int64_t& value) noexcept {
        if (digits(value) == 0 || value >= nanos) return false;
        value *= nanos;
        if (at_ == end_ || *at_ != '.') return true;
        ++at_;
        std::int64_t fraction = 0;
        const int decimals = digits(fraction);
        if (decimals == 0 || decimals > nano_digits) return false;
        for (int k = decimals; k < nano_digits; ++k) fraction *= 10;
        value += fraction;
        return true;
    }

    static constexpr std::int64_t nanos = 1'000'000'000;
    static constexpr int most_label_bits = 64;
    static constexpr std::int64_t null_label = 'n' | 'u' << 8 | 'l' << 16 | 'l' << 24;

    const unsigned char* at_;
    const unsigned char* end_;
    std::size_t columns_;
    bool seconds_first_;
    bool label_last_;
};

}  // namespace obengine
