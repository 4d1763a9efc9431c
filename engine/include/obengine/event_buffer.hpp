// Memory for the events of a batch whose number is not known beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "obengine/messages.hpp"

namespace obengine {

// A growing buffer of events; realloc lets the system move pages instead of copying bytes.
class EventBuffer {
public:
    EventBuffer() = default;
    EventBuffer(EventBuffer&& other) noexcept
        : events_(std::exchange(other.events_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    EventBuffer(const EventBuffer&) = delete;
    EventBuffer& operator=(const EventBuffer&) = delete;
    EventBuffer& operator=(EventBuffer&&) = delete;
    ~EventBuffer() { std::free(events_); }

    // Room for `extra` more events. Throws std::bad_alloc and keeps what is there.
    void reserve(std::size_t extra) {
        if (size_ + extra <= capacity_) return;
        std::size_t wanted = capacity_ + capacity_ / 2;
        if (wanted < size_ + extra) wanted = size_ + extra;
        void* const moved = std::realloc(events_, wanted * sizeof(Event));
        if (moved == nullptr) throw std::bad_alloc();
        events_ = static_cast<Event*>(moved);
        capacity_ = wanted;
        ask_for_huge_pages(moved, wanted * sizeof(Event));
    }

    [[nodiscard]] Event* end() noexcept { return events_ + size_; }
    void advance(std::size_t written) noexcept { size_ += written; }
    void clear() noexcept { size_ = 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Event* data() const noexcept { return events_; }

    // Gives the memory away, with what was not needed of it returned; free() it.
    [[nodiscard]] Event* release() noexcept {
        void* const fitted = std::realloc(events_, (size_ + 1) * sizeof(Event));
        if (fitted != nullptr) events_ = static_cast<Event*>(fitted);
        size_ = capacity_ = 0;
        return std::exchange(events_, nullptr);
    }

private:
    // Fresh memory costs more than matching where it comes in small pages.
    static void ask_for_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        constexpr std::size_t page = 4096;
        constexpr std::size_t worthwhile = std::size_t{4} << 20;
        if (bytes < worthwhile) return;
        const std::size_t into_page = reinterpret_cast<std::uintptr_t>(memory) % page;
        const std::size_t skipped = into_page == 0 ? 0 : page - into_page;
        static_cast<void>(madvise(static_cast<char*>(memory) + skipped, bytes - skipped, MADV_HUGEPAGE));
#endif
    }

    Event* events_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace obengine
