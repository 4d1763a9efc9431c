// A hash table from 64-bit order ids to slots: an array of cells, each the head of a chain through the nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "obengine/containers/node_pool.hpp"

namespace obengine {

// Sixteen consecutive ids share a cache line of cells, so dense ids stay dense in memory. The line is chosen by
// multiplicative hashing of the other bits, so strided and random ids spread evenly. Chains need no tombstones.
// A chain that is too long for chance makes the table choose a random multiplier, so collisions cannot be
// forced; results do not depend on the multiplier.
class IdTable {
public:
    explicit IdTable(unsigned cell_bits = 16) : cells_(std::size_t{1} << cell_bits, null_slot), shift_(64 - cell_bits) {}

    // The head of the chain of an id; valid until the next insertion.
    [[nodiscard, gnu::always_inline]] Slot* cell(OrderId id) noexcept { return cells_.data() + cell_of(id); }

    // The link to the open order `id`, or the null link at the end of its chain.
    [[nodiscard, gnu::always_inline]] Slot* locate(NodePool& pool, OrderId id) noexcept {
        Slot* link = cell(id);
        while (*link != null_slot && pool[*link].id != id) [[unlikely]] link = &pool[*link].chain;
        return link;
    }

    // The slot of the open order `id`, or null_slot.
    [[nodiscard]] Slot find(const NodePool& pool, OrderId id) const noexcept {
        Slot slot = cells_[cell_of(id)];
        while (slot != null_slot && pool[slot].id != id) [[unlikely]] slot = pool[slot].chain;
        return slot;
    }

    // Inserts the order in `slot`, whose id must not be in the table; `cell` is the cell of that id.
    [[gnu::always_inline]] void insert(NodePool& pool, Slot* cell, Slot slot) {
        const Slot first = *cell;
        pool[slot].chain = first;
        *cell = slot;
        if (first != null_slot) [[unlikely]] note_crowding(pool, first);
    }

    // Removes the order in `slot`, which must be in the table.
    [[gnu::always_inline]] void erase(NodePool& pool, Slot slot) noexcept {
        const Node& node = pool[slot];
        Slot* link = cell(node.id);
        while (*link != slot) [[unlikely]] link = &pool[*link].chain;
        *link = node.chain;
    }

    // The number of orders in the table, by a full scan.
    [[nodiscard]] std::size_t count(const NodePool& pool) const noexcept {
        std::size_t orders = 0;
        for (Slot slot : cells_) {
            for (; slot != null_slot; slot = pool[slot].chain) ++orders;
        }
        return orders;
    }

    void prefetch(OrderId id) const noexcept { __builtin_prefetch(cells_.data() + cell_of(id), 1); }

    // The first order of the id's chain, usually the order itself; a prefetch hint.
    [[nodiscard]] Slot hint(OrderId id) const noexcept { return cells_[cell_of(id)]; }

private:
    [[nodiscard, gnu::always_inline]] std::size_t cell_of(OrderId id) const noexcept {
        return (((id >> 4) * multiplier_) >> shift_) ^ (id & 15);
    }

    // Counts collisions. After enough of them the table is counted, and widened if it is full.
    [[gnu::noinline, gnu::cold]] void note_crowding(NodePool& pool, Slot second) {
        unsigned orders = 1;
        for (; second != null_slot && orders <= longest_chain; second = pool[second].chain) ++orders;
        if (orders > longest_chain) multiplier_ = (std::uint64_t{entropy()} << 32 | entropy()) | 1;
        if (++crowded_ < cells_.size() / 8 && orders <= longest_chain) return;
        crowded_ = 0;
        const bool full = count(pool) >= cells_.size() / 4;
        if (full || orders > longest_chain) rebuild(pool, full ? 4 : 1);
    }

    [[nodiscard]] static std::uint32_t entropy() { return std::random_device{}(); }

    void rebuild(NodePool& pool, unsigned times) {
        std::vector<Slot> old(cells_.size() * times, null_slot);
        old.swap(cells_);
        shift_ -= times == 4 ? 2 : 0;
        for (Slot slot : old) {
            while (slot != null_slot) {
                const Slot following = pool[slot].chain;
                Slot* const head = cell(pool[slot].id);
                pool[slot].chain = *head;
                *head = slot;
                slot = following;
            }
        }
    }

    static constexpr std::uint64_t golden = 0x9E37'79B9'7F4A'7C15;
    // At most one order per two cells makes longer chains improbable.
    static constexpr unsigned longest_chain = 32;

    std::vector<Slot> cells_;
    std::uint64_t multiplier_ = golden;
    unsigned shift_;
    std::uint32_t crowded_ = 0;
};

}  // namespace obengine
