// Storage of all open orders of an engine: 32-byte nodes with 32-bit slots, reused last in first out.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include "obengine/containers/huge_pages.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

using Slot = std::uint32_t;

inline constexpr Slot null_slot = 0;
// The top bit of links is reserved.
inline constexpr Slot max_slot = 0x7FFF'FFFF;

struct Node {
    OrderId id;
    Ticks price;
    std::uint32_t qty_and_side;  // open lots; the top bit is the side
    Slot prev;                   // towards the head of the queue; null_slot at the head
    Slot next;                   // towards the tail; also links free slots
    Slot chain;                  // next order in the same id-table cell

    [[nodiscard]] std::uint32_t qty() const noexcept { return qty_and_side & 0x7FFF'FFFF; }
    [[nodiscard]] std::uint32_t side() const noexcept { return qty_and_side >> 31; }
    [[nodiscard]] static std::uint32_t pack(std::uint32_t qty, std::uint32_t side) noexcept {
        return qty | side << 31;
    }
};
static_assert(sizeof(Node) == 32 && std::is_trivially_copyable_v<Node>);

// Grows by doubling and never shrinks. Slot 0 is a sentinel that may be written to freely.
class NodePool {
public:
    explicit NodePool(std::size_t capacity = 4096) { grow_to(capacity < 2 ? 2 : capacity); }
    NodePool(NodePool&& other) noexcept
        : nodes_(std::exchange(other.nodes_, nullptr)),
          owners_(std::exchange(other.owners_, nullptr)),
          free_(std::exchange(other.free_, null_slot)),
          fresh_(std::exchange(other.fresh_, 1)),
          capacity_(std::exchange(other.capacity_, 0)),
          open_(std::exchange(other.open_, 0)) {}
    NodePool(const NodePool&) = delete;
    NodePool& operator=(const NodePool&) = delete;
    NodePool& operator=(NodePool&&) = delete;
    ~NodePool() {
        std::free(nodes_);
        std::free(owners_);
    }

    [[nodiscard]] Node& operator[](Slot slot) noexcept { return nodes_[slot]; }
    [[nodiscard]] const Node& operator[](Slot slot) const noexcept { return nodes_[slot]; }
    [[nodiscard]] std::uint32_t& owner(Slot slot) noexcept { return owners_[slot]; }
    [[nodiscard]] std::uint32_t owner(Slot slot) const noexcept { return owners_[slot]; }
    [[nodiscard]] std::size_t open() const noexcept { return open_; }

    // Allocates a slot. Throws std::bad_alloc if the pool cannot grow.
    [[nodiscard, gnu::always_inline]] Slot allocate() {
        Slot slot = free_;
        if (slot != null_slot) [[likely]] {
            free_ = nodes_[slot].next;
        } else {
            if (fresh_ == capacity_) [[unlikely]] grow_to(std::size_t{capacity_} * 2);
            slot = fresh_++;
        }
        ++open_;
        return slot;
    }

    [[gnu::always_inline]] void release(Slot slot) noexcept {
        nodes_[slot].next = free_;
        free_ = slot;
        --open_;
    }

    void prefetch(Slot slot) const noexcept { __builtin_prefetch(nodes_ + slot, 1); }

private:
    [[gnu::noinline, gnu::cold]] void grow_to(std::size_t capacity) {
        if (capacity > max_slot) capacity = max_slot;
        if (capacity <= fresh_) throw std::bad_alloc();
        nodes_ = reallocate(nodes_, capacity);
        owners_ = reallocate(owners_, capacity);
        if (capacity_ == 0) nodes_[null_slot] = Node{};
        capacity_ = static_cast<std::uint32_t>(capacity);
    }

    template <class T>
    static T* reallocate(T* old, std::size_t count) {
        void* const fresh = std::realloc(static_cast<void*>(old), count * sizeof(T));
        if (fresh == nullptr) throw std::bad_alloc();
        request_huge_pages(fresh, count * sizeof(T));
        return static_cast<T*>(fresh);
    }

    Node* nodes_ = nullptr;
    std::uint32_t* owners_ = nullptr;
    Slot free_ = null_slot;
    Slot fresh_ = 1;
    std::uint32_t capacity_ = 0;
    std::size_t open_ = 0;
};

}  // namespace obengine
