// A mutex that a forked child can use: a thread that held it in the parent does not exist in the child.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <thread>

// The object was in use by another thread when this process was forked, so its state is unknown here.
class ForkedInUse : public std::runtime_error {
public:
    ForkedInUse()
        : std::runtime_error("it was in use by another thread when this process was forked; make a new one here") {}
};

// Counts the forks since the process that loaded the module.
class ForkCount {
public:
    [[nodiscard]] static std::uint64_t value() noexcept { return count().load(std::memory_order_acquire); }

    // Called once, when the module is loaded.
    static void watch() { pthread_atfork(nullptr, nullptr, [] { count().fetch_add(1, std::memory_order_release); }); }

private:
    [[nodiscard]] static std::atomic<std::uint64_t>& count() noexcept {
        static std::atomic<std::uint64_t> forks{0};
        return forks;
    }
};

class ForkAwareMutex {
public:
    // Throws ForkedInUse if a thread of the parent held the mutex during the fork.
    void lock() {
        const std::uint64_t forks = ForkCount::value();
        if (forks_.load(std::memory_order_acquire) == forks) {
            lock_.lock();
        } else if (!adopt(forks)) {
            throw ForkedInUse();
        }
    }

    void unlock() noexcept { lock_.unlock(); }

private:
    // The first lock in a child. Another thread of the child may be doing the same, for a moment.
    [[nodiscard]] bool adopt(std::uint64_t forks) {
        for (int attempt = 0; attempt < attempts; ++attempt) {
            if (lock_.try_lock()) {
                forks_.store(forks, std::memory_order_release);
                return true;
            }
            if (forks_.load(std::memory_order_acquire) == forks) {
                lock_.lock();
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }

    static constexpr int attempts = 50;
    std::mutex lock_;
    std::atomic<std::uint64_t> forks_{ForkCount::value()};
};
