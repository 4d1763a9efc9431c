// A clock for the durations of stages.
#pragma once

#include <chrono>
#include <cstdint>

namespace obengine {

[[nodiscard]] inline std::uint64_t steady_ns() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace obengine
