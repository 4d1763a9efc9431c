// SHA-256 of Python's hashlib, which uses the processor's SHA instructions.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <cstddef>
#include <string>

#include "obengine/io/messages.hpp"

namespace nb = nanobind;

class Sha256 {
public:
    Sha256() : hash_(nb::module_::import_("hashlib").attr("sha256")()), update_(hash_.attr("update")) {}

    // Called without the GIL; hashlib releases it while it hashes more than a few events. Throws nb::python_error if the
    // user has interrupted the program.
    void take(const obengine::Event* events, std::size_t count) {
        const nb::gil_scoped_acquire acquired;
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
        // The bytes are only valid during this call and read-only (PyBUF_READ).
        char* const first = reinterpret_cast<char*>(const_cast<obengine::Event*>(events));
        const auto bytes = static_cast<Py_ssize_t>(count * sizeof(obengine::Event));
        const nb::object view = nb::steal(PyMemoryView_FromMemory(first, bytes, PyBUF_READ));
        if (!view.is_valid()) throw nb::python_error();
        update_(view);
    }

    [[nodiscard]] std::string hexdigest() { return nb::cast<std::string>(hash_.attr("hexdigest")()); }

private:
    nb::object hash_;
    nb::object update_;
};
