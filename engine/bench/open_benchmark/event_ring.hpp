// A queue of 32-byte reports from the matching thread to one reader, which expands them to the benchmark's 64 bytes.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <thread>

#include "matching_engine_api.h"

namespace open_benchmark {

// A report without what its reader can tell: a trade has the sequence number of the report before it.
struct PackedReport {
    std::uint32_t about;  // type in the lowest byte, then the side
    std::uint32_t quantity;
    std::uint64_t order_id;
    std::uint64_t other;  // a trade: the maker's id; else the sequence number
    std::int64_t price_ticks;
};
static_assert(sizeof(PackedReport) == 32);

// Single producer, single consumer. Positions are published to the other thread in steps, because each hand-over of a
// cache line between cores costs more than matching a message.
class EventRing {
public:
    // Room for at least `capacity` reports. Throws std::bad_alloc.
    explicit EventRing(std::uint32_t capacity)
        : mask_(std::bit_ceil(std::uint64_t{capacity < publish_step ? publish_step : capacity}) - 1),
          slots_(static_cast<PackedReport*>(std::malloc((mask_ + 1) * sizeof(PackedReport)))) {
        if (slots_ == nullptr) throw std::bad_alloc();
        // Maps all pages now: page faults would cost the matching thread as much as matching.
        std::memset(static_cast<void*>(slots_.get()), 0, (mask_ + 1) * sizeof(PackedReport));
    }

    // The reader finds the sequence number of a trade in the report before it.
    [[gnu::always_inline]] void push(const PackedReport& report, std::uint64_t) {
        if (head_ - tail_seen_ > mask_) [[unlikely]] wait_for_room();
        slots_.get()[head_ & mask_] = report;
        if (++head_ - published_ >= publish_step) publish();
    }

    // Makes all reports visible to the reader.
    void publish() noexcept {
        shown_.store(head_, std::memory_order_release);
        published_ = head_;
    }

    [[nodiscard]] std::size_t pushed() const noexcept { return head_; }

    // Reads at most `most` reports; returns their number.
    std::uint32_t drain(me_report_t* out, std::uint32_t most) noexcept {
        const std::uint64_t end = shown_.load(std::memory_order_acquire);
        std::uint32_t count = 0;
        for (; read_ != end && count != most; ++read_, ++count) expand(slots_.get()[read_ & mask_], out[count]);
        tail_.store(read_, std::memory_order_release);
        return count;
    }

private:
    struct Free {
        void operator()(PackedReport* memory) const noexcept { std::free(memory); }
    };

    static constexpr std::uint32_t publish_step = 32;

    [[gnu::noinline, gnu::cold]] void wait_for_room() {
        publish();
        while (head_ - (tail_seen_ = tail_.load(std::memory_order_acquire)) > mask_) std::this_thread::yield();
    }

    void expand(const PackedReport& packed, me_report_t& report) noexcept {
        const auto type = static_cast<std::uint8_t>(packed.about);
        const bool is_trade = type == ME_TRADE;
        if (!is_trade) sequence_ = packed.other;
        report.type = type;
        report.side = static_cast<std::uint8_t>(packed.about >> 8);
        report.sequence_number = sequence_;
        report.order_id = packed.order_id;
        report.price_ticks = packed.price_ticks;
        report.quantity = packed.quantity;
        report.maker_order_id = is_trade ? packed.other : 0;
        report.taker_order_id = is_trade ? packed.order_id : 0;
    }

    std::uint64_t mask_;
    std::unique_ptr<PackedReport, Free> slots_;
    // Written by the matching thread.
    alignas(64) std::uint64_t head_ = 0;
    std::uint64_t published_ = 0;
    std::uint64_t tail_seen_ = 0;
    alignas(64) std::atomic<std::uint64_t> shown_{0};
    // Written by the reader.
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    alignas(64) std::uint64_t read_ = 0;
    std::uint64_t sequence_ = 0;
};

}  // namespace open_benchmark
