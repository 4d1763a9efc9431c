// Million messages per second of processor time: an ITCH 5.0 file to the books of all symbols.
// usage: obengine_itch_bench FILE [rounds]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <vector>

#include "obengine/feeds/feed_books.hpp"

int main(int argc, char** argv) {
    std::ifstream file(argc > 1 ? argv[1] : "", std::ios::binary | std::ios::ate);
    if (!file) {
        std::fprintf(stderr, "usage: obengine_itch_bench FILE [rounds]\n");
        return 2;
    }
    std::vector<unsigned char> bytes(static_cast<std::size_t>(file.tellg()));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 9;
    std::vector<double> rates;
    for (int k = 0; k < rounds; ++k) {
        const std::clock_t start = std::clock();
        obengine::FeedBooks books;
        obengine::itch50::BookBuilder builder(books);
        const obengine::itch50::End end = obengine::itch50::read(bytes, builder);
        const double took_us = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        rates.push_back(static_cast<double>(end.messages) / took_us);
        if (k == 0) {
            std::printf("%zu messages, %zu of %zu bytes, %s; %zu orders open, %llu faults\n", end.messages, end.offset,
                        bytes.size(), describe(end.fault), books.open_orders(),
                        static_cast<unsigned long long>(books.faults().all()));
        }
    }
    std::sort(rates.begin(), rates.end());
    std::printf("median %.1f, best %.1f, worst %.1f M messages a second\n", rates[rates.size() / 2], rates.back(), rates.front());
    return 0;
}
