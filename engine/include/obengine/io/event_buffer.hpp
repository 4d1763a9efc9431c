// A growing buffer for the events of a batch, and the sink that writes to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <utility>

#include "obengine/containers/huge_pages.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

// Grows by realloc, so the system can move pages instead of copying bytes.
class EventBuffer {
public:
    EventBuffer() = default;
    EventBuffer(EventBuffer&& other) noexcept
        : events_(std::exchange(other.events_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    EventBuffer& operator=(EventBuffer&& other) noexcept {
        std::swap(events_, other.events_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    EventBuffer(const EventBuffer&) = delete;
    EventBuffer& operator=(const EventBuffer&) = delete;
    ~EventBuffer() { std::free(events_); }

    // Reserves `extra` more events. On std::bad_alloc the content is kept.
    void reserve(std::size_t extra) { reserve_after(0, extra); }

    // The same, if `written` events were written after size() without advance() yet.
    void reserve_after(std::size_t written, std::size_t extra) {
        const std::size_t needed = size_ + written + extra;
        if (needed <= capacity_) return;
        std::size_t wanted = capacity_ + capacity_ / 2;
        if (wanted < needed) wanted = needed;
        void* const moved = std::realloc(static_cast<void*>(events_), wanted * sizeof(Event));
        if (moved == nullptr) throw std::bad_alloc();
        events_ = static_cast<Event*>(moved);
        capacity_ = wanted;
        request_huge_pages(moved, wanted * sizeof(Event));
    }

    [[nodiscard]] Event* end() noexcept { return events_ + size_; }
    [[nodiscard]] Event* limit() noexcept { return events_ + capacity_; }
    void advance(std::size_t written) noexcept { size_ += written; }
    void clear() noexcept { size_ = 0; }
    // Lets the system reclaim the pages of a cleared buffer under memory pressure.
    void mark_pages_free() noexcept { obengine::mark_pages_free(events_, capacity_ * sizeof(Event)); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] const Event* data() const noexcept { return events_; }
    [[nodiscard]] Event* data() noexcept { return events_; }

private:
    Event* events_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

// Appends to a buffer, which grows when it is full. The destructor commits the events to the buffer.
class GrowingSink {
public:
    explicit GrowingSink(EventBuffer& buffer) noexcept : buffer_(buffer), begin_(buffer.end()), next_(begin_), end_(buffer.limit()) {}
    // `before_growth` is called before the buffer grows, which may move its events.
    GrowingSink(EventBuffer& buffer, std::function<void()> before_growth) : GrowingSink(buffer) {
        before_growth_ = std::move(before_growth);
    }
    GrowingSink(const GrowingSink&) = delete;
    GrowingSink& operator=(const GrowingSink&) = delete;
    ~GrowingSink() { buffer_.advance(size()); }

    // On std::bad_alloc the events so far are kept.
    void push(const Event& event) {
        if (next_ == end_) [[unlikely]] grow();
        *next_++ = event;
    }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(next_ - begin_); }

    class EventCursor {
    public:
        explicit EventCursor(GrowingSink& sink) noexcept : sink_(sink), next_(sink.next_), end_(sink.end_) {}
        [[gnu::always_inline]] void push(const Event& event) {
            if (next_ == end_) [[unlikely]] {
                flush().grow();
                reload();
            }
            *next_++ = event;
        }
        [[nodiscard, gnu::always_inline]] GrowingSink& flush() noexcept {
            sink_.next_ = next_;
            return sink_;
        }
        [[gnu::always_inline]] void reload() noexcept {
            next_ = sink_.next_;
            end_ = sink_.end_;
        }

    private:
        GrowingSink& sink_;
        Event* next_;
        Event* end_;
    };

private:
    [[gnu::noinline]] void grow() {
        if (before_growth_) before_growth_();
        const std::size_t written = size();
        buffer_.reserve_after(written, least_growth);
        begin_ = buffer_.end();
        next_ = begin_ + written;
        end_ = buffer_.limit();
    }

    static constexpr std::size_t least_growth = 1024;

    EventBuffer& buffer_;
    std::function<void()> before_growth_;
    Event* begin_;
    Event* next_;
    Event* end_;
};

}  // namespace obengine
