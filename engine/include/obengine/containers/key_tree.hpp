// An ordered map from 64-bit keys to 32-bit indexes: a B+ tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "obengine/containers/price_key.hpp"

namespace obengine {

// Full blocks are split and empty blocks are freed, but blocks are never merged, because keys that come and
// go would split them again.
class KeyTree {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    // The index of `key`, or none.
    [[nodiscard]] std::uint32_t find(Key key) const noexcept {
        if (size_ == 0) return none;
        std::uint32_t at = root_;
        for (unsigned height = height_; height != 0; --height) at = blocks_[at].values[blocks_[at].child_for(key)];
        const Block& leaf = blocks_[at];
        const std::uint32_t place = leaf.rank(key);
        return place < leaf.count && leaf.keys[place] == key ? leaf.values[place] : none;
    }

    // Inserts a key, which must not exist.
    void insert(Key key, std::uint32_t value) {
        if (size_ == 0) make_root();
        Path path = path_to(key);
        const std::uint32_t place = blocks_[path.blocks[0]].rank(key);
        for (unsigned height = height_; height != 0; --height) {
            Key& least = blocks_[path.blocks[height]].keys[0];
            if (key < least) least = key;
        }
        ++size_;
        insert_at(path, 0, place, key, value);
    }

    // Removes a key, which must exist.
    void erase(Key key) noexcept {
        const Path path = path_to(key);
        erase_at(path, 0, blocks_[path.blocks[0]].rank(key));
        --size_;
    }

    // The greatest key, or no_key.
    [[nodiscard]] Key greatest() const noexcept { return size_ == 0 ? no_key : greatest_under(root_, height_); }

    // The greatest key below `bound`, or no_key.
    [[nodiscard]] Key below(Key bound) const noexcept {
        if (size_ == 0) return no_key;
        std::uint32_t at = root_;
        std::uint32_t lower = none;  // the closest subtree with only lower keys
        unsigned lower_height = 0;
        for (unsigned height = height_; height != 0; --height) {
            const Block& block = blocks_[at];
            const std::uint32_t child = block.child_for(bound);
            if (child != 0) {
                lower = block.values[child - 1];
                lower_height = height - 1;
            }
            at = block.values[child];
        }
        const std::uint32_t place = blocks_[at].rank(bound);
        if (place != 0) return blocks_[at].keys[place - 1];
        return lower == none ? no_key : greatest_under(lower, lower_height);
    }

private:
    static constexpr std::uint32_t width = 32;
    static constexpr unsigned max_height = 15;  // half-full blocks at heights above 7 hold more than 2^31 keys

    // Ascending keys. A leaf stores the index of each key, an inner block the child block with the keys from this one
    // on.
    struct alignas(64) Block {
        Key keys[width];
        std::uint32_t values[width];
        std::uint32_t count;

        // The number of keys below `key`.
        [[nodiscard]] std::uint32_t rank(Key key) const noexcept {
            std::uint32_t first = 0;
            std::uint32_t left = count;
            while (left > 1) {
                const std::uint32_t half = left / 2;
                first += keys[first + half - 1] < key ? half : 0;
                left -= half;
            }
            return first + (left == 1 && keys[first] < key);
        }
        // The position of the child block that contains `key` or would contain it.
        [[nodiscard]] std::uint32_t child_for(Key key) const noexcept {
            const std::uint32_t place = rank(key);
            const bool is_first_there = place < count && keys[place] == key;
            return is_first_there || place == 0 ? place : place - 1;
        }
        void insert(std::uint32_t place, Key key, std::uint32_t value) noexcept {
            std::memmove(keys + place + 1, keys + place, (count - place) * sizeof(Key));
            std::memmove(values + place + 1, values + place, (count - place) * sizeof(std::uint32_t));
            keys[place] = key;
            values[place] = value;
            ++count;
        }
        void erase(std::uint32_t place) noexcept {
            --count;
            std::memmove(keys + place, keys + place + 1, (count - place) * sizeof(Key));
            std::memmove(values + place, values + place + 1, (count - place) * sizeof(std::uint32_t));
        }
        // Moves the upper half to another block.
        void split_into(Block& upper) noexcept {
            constexpr std::uint32_t half = width / 2;
            std::memcpy(upper.keys, keys + half, half * sizeof(Key));
            std::memcpy(upper.values, values + half, half * sizeof(std::uint32_t));
            upper.count = count = half;
        }
    };

    // The blocks from a leaf (0) to the root, and the position of each in its parent.
    struct Path {
        std::uint32_t blocks[max_height + 1];
        std::uint32_t places[max_height + 1];
    };

    void make_root() {
        root_ = fresh_block();
        blocks_[root_].count = 0;
        height_ = 0;
    }

    [[nodiscard]] std::uint32_t fresh_block() {
        if (!spare_.empty()) {
            const std::uint32_t block = spare_.back();
            spare_.pop_back();
            return block;
        }
        blocks_.emplace_back();
        spare_.reserve(blocks_.capacity());
        return static_cast<std::uint32_t>(blocks_.size() - 1);
    }

    [[nodiscard]] Path path_to(Key key) const noexcept {
        Path path;
        path.blocks[height_] = root_;
        for (unsigned height = height_; height != 0; --height) {
            const Block& block = blocks_[path.blocks[height]];
            path.places[height - 1] = block.child_for(key);
            path.blocks[height - 1] = block.values[path.places[height - 1]];
        }
        return path;
    }

    // Inserts an entry into the block of a path at a height; a full block is split first.
    void insert_at(Path& path, unsigned height, std::uint32_t place, Key key, std::uint32_t value) {
        std::uint32_t at = path.blocks[height];
        if (blocks_[at].count == width) {
            const std::uint32_t upper = fresh_block();
            blocks_[at].split_into(blocks_[upper]);
            if (height == height_) add_root(path);
            insert_at(path, height + 1, path.places[height] + 1, blocks_[upper].keys[0], upper);
            if (place > width / 2) {
                at = upper;
                place -= width / 2;
            }
        }
        blocks_[at].insert(place, key, value);
    }

    // Adds a root above the old one.
    void add_root(Path& path) {
        const std::uint32_t old = root_;
        root_ = fresh_block();
        blocks_[root_].count = 0;
        blocks_[root_].insert(0, blocks_[old].keys[0], old);
        path.places[height_] = 0;
        path.blocks[++height_] = root_;
    }

    // Removes an entry from the block of a path at a height; an empty block is freed.
    void erase_at(const Path& path, unsigned height, std::uint32_t place) noexcept {
        Block& block = blocks_[path.blocks[height]];
        block.erase(place);
        if (block.count != 0) return;
        spare_.push_back(path.blocks[height]);
        if (height != height_) erase_at(path, height + 1, path.places[height]);
    }

    [[nodiscard]] Key greatest_under(std::uint32_t at, unsigned height) const noexcept {
        for (; height != 0; --height) at = blocks_[at].values[blocks_[at].count - 1];
        return blocks_[at].keys[blocks_[at].count - 1];
    }

    std::vector<Block> blocks_;
    std::vector<std::uint32_t> spare_;
    std::uint32_t root_ = none;
    unsigned height_ = 0;
    std::size_t size_ = 0;
};

}  // namespace obengine
