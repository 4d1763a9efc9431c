// A set of small integers that finds the next lower member in a few instructions.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace obengine {

// One bit per member, 64 per word; each word has a bit in the tier above that is set if the word is not zero.
// Holds [0, 2^bits) for 6 <= bits <= 24.
class LevelBitmap {
public:
    static constexpr std::size_t none = ~std::size_t{0};
    static constexpr unsigned max_bits = 24;

    explicit LevelBitmap(unsigned bits = 6) {
        std::array<std::size_t, max_tiers> offset{};
        std::size_t words = 0;
        for (;;) {
            bits = bits > 6 ? bits - 6 : 0;
            offset[tiers_++] = words;
            words += std::size_t{1} << bits;
            if (bits == 0) break;
        }
        storage_.assign(words, 0);
        for (unsigned tier = 0; tier < tiers_; ++tier) tier_[tier] = storage_.data() + offset[tier];
    }
    LevelBitmap(LevelBitmap&&) noexcept = default;
    LevelBitmap& operator=(LevelBitmap&&) noexcept = default;
    LevelBitmap(const LevelBitmap&) = delete;
    LevelBitmap& operator=(const LevelBitmap&) = delete;
    ~LevelBitmap() = default;

    void insert(std::size_t member) noexcept {
        std::uint64_t& word = tier_[0][member >> 6];
        const bool was_empty = word == 0;
        word |= bit(member);
        if (was_empty) [[unlikely]] raise(member >> 6);
    }

    // Returns the distance to the next lower member in the same word, or 0 if there is none.
    std::size_t erase(std::size_t member) noexcept {
        const std::uint64_t word = tier_[0][member >> 6] &= ~bit(member);
        if (word == 0) [[unlikely]] lower(member >> 6);
        const std::uint64_t lower_members = word & (bit(member) - 1);
        return lower_members == 0 ? 0 : (member & 63) - top(lower_members);
    }

    // The greatest member below `bound`, or `none`.
    [[nodiscard]] std::size_t below(std::size_t bound) const noexcept {
        const std::uint64_t near = tier_[0][bound >> 6] & (bit(bound) - 1);
        if (near != 0) [[likely]] return (bound & ~std::size_t{63}) + top(near);
        return below_outside_word(bound >> 6);
    }

    // The greatest member, or `none`.
    [[nodiscard]] std::size_t greatest() const noexcept {
        if (tier_[tiers_ - 1][0] == 0) return none;
        return descend(tiers_ - 1, top(tier_[tiers_ - 1][0]));
    }

    void prefetch(std::size_t member) const noexcept { __builtin_prefetch(tier_[0] + (member >> 6), 1); }

private:
    static constexpr unsigned max_tiers = 4;

    [[nodiscard]] static std::uint64_t bit(std::size_t member) noexcept { return std::uint64_t{1} << (member & 63); }
    [[nodiscard]] static std::size_t top(std::uint64_t word) noexcept { return 63 - static_cast<unsigned>(std::countl_zero(word)); }

    void raise(std::size_t member) noexcept {
        for (unsigned tier = 1; tier < tiers_; ++tier, member >>= 6) {
            std::uint64_t& word = tier_[tier][member >> 6];
            const bool was_empty = word == 0;
            word |= bit(member);
            if (!was_empty) return;
        }
    }

    void lower(std::size_t member) noexcept {
        for (unsigned tier = 1; tier < tiers_; ++tier, member >>= 6) {
            std::uint64_t& word = tier_[tier][member >> 6];
            word &= ~bit(member);
            if (word != 0) return;
        }
    }

    [[nodiscard]] std::size_t below_outside_word(std::size_t word_index) const noexcept {
        for (unsigned tier = 1; tier < tiers_; ++tier, word_index >>= 6) {
            const std::uint64_t near = tier_[tier][word_index >> 6] & (bit(word_index) - 1);
            if (near != 0) return descend(tier, (word_index & ~std::size_t{63}) + top(near));
        }
        return none;
    }

    // Descends from a set bit of a tier to the greatest member below it.
    [[nodiscard]] std::size_t descend(unsigned tier, std::size_t index) const noexcept {
        while (tier != 0) index = (index << 6) + top(tier_[--tier][index]);
        return index;
    }

    std::array<std::uint64_t*, max_tiers> tier_{};
    std::vector<std::uint64_t> storage_;
    unsigned tiers_ = 0;
};

}  // namespace obengine
