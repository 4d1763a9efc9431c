// A single-producer single-consumer ring of slots; a thread that has to wait sleeps.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace obengine {

// Slots are reused, so their contents keep their memory. `slots` is a power of two.
template <class Slot, std::size_t slots>
class SpscRing {
    static_assert(slots != 0 && (slots & (slots - 1)) == 0);

public:
    // The producer's next free slot; nullptr after the consumer closed the ring.
    [[nodiscard]] Slot* claim() noexcept {
        const std::uint64_t sent = sent_.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint64_t taken = taken_.load(std::memory_order_acquire);
            if ((taken & closed) != 0) return nullptr;
            if (sent - taken < slots) return &ring_[sent % slots];
            taken_.wait(taken, std::memory_order_acquire);
        }
    }

    // Publishes the claimed slot.
    void publish() noexcept {
        sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        sent_.notify_one();
    }

    // The producer has finished.
    void finish() noexcept {
        sent_.fetch_or(closed, std::memory_order_release);
        sent_.notify_one();
    }

    // The consumer's next slot; nullptr once the producer has finished and the ring is empty.
    [[nodiscard]] Slot* front() noexcept {
        const std::uint64_t taken = taken_.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint64_t sent = sent_.load(std::memory_order_acquire);
            if ((sent & ~closed) != taken) return &ring_[taken % slots];
            if ((sent & closed) != 0) return nullptr;
            sent_.wait(sent, std::memory_order_acquire);
        }
    }

    // Releases the front slot. A producer that sleeps, because all slots are full, is woken after each half of the
    // ring: waking it for every slot would cost a system call each.
    void pop() noexcept {
        const std::uint64_t taken = taken_.load(std::memory_order_relaxed) + 1;
        taken_.store(taken, std::memory_order_release);
        if (taken % ((slots + 1) / 2) == 0) taken_.notify_one();
    }

    // The consumer stops; claim() then returns nullptr.
    void close() noexcept {
        taken_.fetch_or(closed, std::memory_order_release);
        taken_.notify_one();
    }

private:
    static constexpr std::uint64_t closed = std::uint64_t{1} << 63;
    static constexpr std::size_t line = 64;

    std::array<Slot, slots> ring_{};
    alignas(line) std::atomic<std::uint64_t> sent_{0};
    alignas(line) std::atomic<std::uint64_t> taken_{0};
};

}  // namespace obengine
