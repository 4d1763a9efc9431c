// A fast reader of CSV lines of integers; obengine/feeds/integer_csv.py reads the rest and reports errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace obengine {

// Reads whole lines of `columns` integers. With `seconds_first`, the first field is seconds with at most nine
// decimals, converted to nanoseconds. Returns false on any other format; the strict reader then reports it.
class IntegerLines {
public:
    IntegerLines(std::span<const unsigned char> text, std::size_t columns, bool seconds_first) noexcept
        : at_(text.data()), end_(text.data() + text.size()), columns_(columns), seconds_first_(seconds_first) {}

    [[nodiscard]] bool read(std::vector<std::int64_t>& values) {
        // A field takes at least two bytes: a digit and a delimiter.
        values.resize(static_cast<std::size_t>(end_ - at_) / 2 + 1);
        std::int64_t* next = values.data();
        while (at_ != end_) {
            for (std::size_t column = 0; column < columns_; ++column) {
                const bool good = column == 0 && seconds_first_ ? seconds(*next) : integer(*next);
                if (!good || !field_ends(column + 1 == columns_)) return false;
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

    const unsigned char* at_;
    const unsigned char* end_;
    std::size_t columns_;
    bool seconds_first_;
};

}  // namespace obengine
