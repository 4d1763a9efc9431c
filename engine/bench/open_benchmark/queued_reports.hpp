// Reports through the benchmark's own queue, in bursts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "event_ring.hpp"
#include "matching_engine_api.h"

namespace open_benchmark {

// Each push to the queue of another thread may have to fetch the cache line of its position from that thread's core:
// in a burst, once for all.
class QueuedReports {
public:
    QueuedReports(const me_transport_t* transport, void* handle) noexcept : transport_(transport), handle_(handle) {}

    [[gnu::always_inline]] void push(const PackedReport& packed, std::uint64_t sequence) {
        const auto type = static_cast<std::uint8_t>(packed.about);
        const bool is_trade = type == ME_TRADE;
        waiting_[count_] = {type, static_cast<std::uint8_t>(packed.about >> 8), {}, sequence, packed.order_id,
                            packed.price_ticks, packed.quantity, 0, is_trade ? packed.other : 0,
                            is_trade ? packed.order_id : 0, 0};
        if (++count_ == waiting_.size()) publish();
    }

    [[gnu::noinline]] void publish() {
        for (std::size_t k = 0; k < count_; ++k) {
            while (transport_->push(handle_, &waiting_[k]) == 0) std::this_thread::yield();
        }
        published_ += count_;
        count_ = 0;
    }

    [[nodiscard]] std::size_t pushed() const noexcept { return published_ + count_; }

private:
    const me_transport_t* transport_;
    void* handle_;
    std::size_t count_ = 0;
    std::size_t published_ = 0;
    alignas(64) std::array<me_report_t, 32> waiting_{};
};

}  // namespace open_benchmark
