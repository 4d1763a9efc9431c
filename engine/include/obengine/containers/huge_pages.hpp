// Advice to the system about the pages of large blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace obengine {

#if defined(__linux__)
// Applies madvise to the whole pages of a block, if it is large.
inline void advise_pages(void* memory, std::size_t bytes, int advice) noexcept {
    constexpr std::size_t page = 4096;
    constexpr std::size_t worthwhile = std::size_t{4} << 20;
    if (bytes < worthwhile) return;
    const std::size_t into_page = reinterpret_cast<std::uintptr_t>(memory) % page;
    const std::size_t skipped = into_page == 0 ? 0 : page - into_page;
    static_cast<void>(madvise(static_cast<char*>(memory) + skipped, (bytes - skipped) / page * page, advice));
}
#endif

// Page faults of small pages in fresh memory cost more than matching.
inline void request_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    advise_pages(memory, bytes, MADV_HUGEPAGE);
#endif
}

// Lets the system reclaim pages whose content is no longer needed under memory pressure.
inline void mark_pages_free([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_FREE)
    advise_pages(memory, bytes, MADV_FREE);
#endif
}

}  // namespace obengine
