// Where events go: anything with push(Event) and size() is a sink: a buffer, a queue, a C callback.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "obengine/io/messages.hpp"

namespace obengine {

template <class S>
concept EventSink = requires(S& sink, const Event& event) {
    sink.push(event);
    { sink.size() } -> std::convertible_to<std::size_t>;
};

// Room for `events` more events, where the sink is one that must be asked for it. It is asked before
// each event that no bound is known for; sinks that can always take one more need no reserve().
template <EventSink Sink>
void make_room(Sink& sink, std::size_t events) {
    if constexpr (requires { sink.reserve(events); }) sink.reserve(events);
}

// What plain commands write events with while they are at work. A sink may have a Pen of its own that keeps in
// registers what push() would read and write in memory each time; whoever else is to write to the sink is
// given it by lay_down(), and take_up() goes on from there.
template <EventSink Sink>
class DirectPen {
public:
    explicit DirectPen(Sink& sink) noexcept : sink_(sink) {}
    void push(const Event& event) { sink_.push(event); }
    [[nodiscard]] Sink& lay_down() noexcept { return sink_; }
    void take_up() noexcept {}

private:
    Sink& sink_;
};

template <class Sink>
struct PenChoice {
    using type = DirectPen<Sink>;
};
template <class Sink>
    requires requires { typename Sink::Pen; }
struct PenChoice<Sink> {
    using type = typename Sink::Pen;
};
template <EventSink Sink>
using PenOf = typename PenChoice<Sink>::type;

// The most events that `commands` plain commands (NEW of LIMIT or MARKET with GTC or IOC, CANCEL, MODIFY,
// EXECUTE, no flags) can give on a book with `open_orders` open orders, all plain: each gives at most
// three of its own, and each trade beyond those closes an order. Other commands have no such bound:
// while one is at work the sink is asked to reserve() room for each event, and after it for the rest.
[[nodiscard]] constexpr std::size_t max_events(std::size_t commands, std::size_t open_orders) noexcept {
    return 4 * commands + open_orders;
}

// Writes into a caller's buffer without a look at its end; it is to have room for max_events() of each batch. If an order of
// another kind needs more than there is, std::length_error is thrown, and the engine is to be thrown away.
class BufferSink {
public:
    BufferSink(Event* out, std::size_t capacity) noexcept : begin_(out), next_(out), end_(out + capacity) {}

    void push(const Event& event) noexcept { *next_++ = event; }
    void reserve(std::size_t events) const {
        if (static_cast<std::size_t>(end_ - next_) < events) throw std::length_error("the event buffer is full");
    }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(next_ - begin_); }

    class Pen {
    public:
        explicit Pen(BufferSink& sink) noexcept : sink_(sink), next_(sink.next_) {}
        [[gnu::always_inline]] void push(const Event& event) noexcept { *next_++ = event; }
        [[nodiscard, gnu::always_inline]] BufferSink& lay_down() noexcept {
            sink_.next_ = next_;
            return sink_;
        }
        [[gnu::always_inline]] void take_up() noexcept { next_ = sink_.next_; }

    private:
        BufferSink& sink_;
        Event* next_;
    };

private:
    Event* begin_;
    Event* next_;
    Event* end_;
};

// Counts and drops: what matching costs when nobody listens.
class CountingSink {
public:
    void push(const Event&) noexcept { ++events_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return events_; }

private:
    std::uint64_t events_ = 0;
};

static_assert(EventSink<BufferSink> && EventSink<CountingSink>);

}  // namespace obengine
