// Converts a file of COMMAND records to a file of EVENT records, to compare builds of the core.
// usage: obengine_replay COMMANDS EVENTS SYMBOLS [BATCH]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "obengine/core/audit.hpp"
#include "obengine/core/engine.hpp"
#include "obengine/io/event_buffer.hpp"

int main(int argc, char** argv) {
    using namespace obengine;
    std::ifstream in(argc > 3 ? argv[1] : "", std::ios::binary);
    if (!in) {
        std::fprintf(stderr, "usage: obengine_replay COMMANDS EVENTS SYMBOLS [BATCH]\n");
        return 2;
    }
    const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
    const std::size_t count = bytes.size() / sizeof(Command);
    const std::size_t batch = argc > 4 ? static_cast<std::size_t>(std::atol(argv[4])) : 1000;
    Engine engine(static_cast<std::size_t>(std::atol(argv[3])));
    std::ofstream out(argv[2], std::ios::binary);
    EventBuffer buffer;
    for (std::size_t done = 0; done < count; done += batch) {
        const std::size_t now = std::min(batch, count - done);
        buffer.clear();
        {
            GrowingSink sink(buffer);
            engine.apply_records(bytes.data() + done * sizeof(Command), now, sink);
        }
        out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(buffer.size() * sizeof(Event)));
    }
    if (const char* const broken = audit(engine)) {
        std::fprintf(stderr, "%s\n", broken);
        return 1;
    }
    return out ? 0 : 1;
}
