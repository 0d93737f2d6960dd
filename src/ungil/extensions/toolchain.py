"""What made a module, guessed from the names it carries.

Only for choosing advice; nothing is decided by it. The signs are strings that
the toolchain's own run-time support puts into every module it makes.
"""

from __future__ import annotations

from ungil.extensions.images.image import Image

__all__ = ["guess"]

_SIGNS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("Cython", (b"cython_runtime", b"__pyx_capi__", b"_cython_3")),
    ("PyO3", (b"pyo3_runtime.PanicException", b"pyo3::", b"/pyo3-")),
    ("nanobind", (b"nb_internals_", b"nanobind::", b"nb_method", b"nb_type_")),
    ("pybind11", (b"__pybind11_internals", b"pybind11_builtins", b"pybind11_object")),
    ("SWIG", (b"swig_runtime_data", b"SwigPyObject")),
    ("f2py", (b"_F2PyCapsule", b"numpy.f2py", b"F2PyCapsule", b"f2py_version", b"fortran object")),
    ("mypyc", (b"mypyc.", b"mypyc_", b"CPyStatic")),
    ("cffi", (b"_cffi_backend", b"_cffi_1_0_external_module")),
)

_MOST = 2 << 20  # bytes looked at; larger binaries show their signs early
_PART = 1 << 18


def guess(image: Image) -> str | None:
    """The toolchain, None if nothing gives it away."""
    left = _MOST
    for region in image.regions:
        if region.executable:
            continue
        for start in range(0, min(region.size, left), _PART):
            data = image.bytes_at(region.address + start, min(_PART, region.size - start)) or b""
            for name, signs in _SIGNS:
                if any(sign in data for sign in signs):
                    return name
        left -= min(region.size, left)
    return None
