// Order id -> slot, for any 64-bit id: an array of cells, each the head of a chain through the nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/node_pool.hpp"

namespace obengine {

// Sixteen consecutive ids share a cache line of cells, so dense ids stay dense in memory; the line
// is found by multiplicative hashing of the rest, so strided and random ids spread evenly. Chains
// need no tombstones and no second array: erasing leaves nothing behind.
class IdTable {
public:
    explicit IdTable(unsigned cell_bits = 16)
        : cells_(std::size_t{1} << cell_bits, null_slot), shift_(64 - cell_bits) {}

    // The slot of the open order `id`, or null_slot.
    [[nodiscard]] Slot find(const NodePool& pool, OrderId id) const noexcept {
        Slot slot = cells_[cell_of(id)];
        while (slot != null_slot && pool[slot].id != id) [[unlikely]] slot = pool[slot].chain;
        return slot;
    }

    // Names the order in `slot`, whose id is not in the table.
    void insert(NodePool& pool, Slot slot) {
        if (size_ >= cells_.size() / 2) [[unlikely]] grow(pool);
        link(pool, slot);
        ++size_;
    }

    // Forgets the order in `slot`, which is in the table.
    void erase(NodePool& pool, Slot slot) noexcept {
        const Node& node = pool[slot];
        Slot* link = &cells_[cell_of(node.id)];
        while (*link != slot) [[unlikely]] link = &pool[*link].chain;
        *link = node.chain;
        --size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void prefetch(OrderId id) const noexcept { __builtin_prefetch(cells_.data() + cell_of(id), 1); }

    // The first order of the id's chain, most often the order itself: a hint, to fetch it early.
    [[nodiscard]] Slot hint(OrderId id) const noexcept { return cells_[cell_of(id)]; }

private:
    [[nodiscard]] std::size_t cell_of(OrderId id) const noexcept {
        constexpr std::uint64_t golden = 0x9E37'79B9'7F4A'7C15;
        return (((id >> 4) * golden) >> shift_) ^ (id & 15);
    }

    void link(NodePool& pool, Slot slot) noexcept {
        Slot& cell = cells_[cell_of(pool[slot].id)];
        pool[slot].chain = cell;
        cell = slot;
    }

    [[gnu::noinline, gnu::cold]] void grow(NodePool& pool) {
        std::vector<Slot> old(cells_.size() * 4, null_slot);
        old.swap(cells_);
        shift_ -= 2;
        for (Slot slot : old) {
            while (slot != null_slot) {
                const Slot following = pool[slot].chain;
                link(pool, slot);
                slot = following;
            }
        }
    }

    std::vector<Slot> cells_;
    std::size_t size_ = 0;
    unsigned shift_;
};

}  // namespace obengine
