"""The check that a program of Inductor's reads nothing that it has written over, on programs that do."""

from __future__ import annotations

import pytest

from dualgrad.testing._written import written_over

PROGRAM = """
loop = 0
cpp_fused_0 = async_compile.cpp_pybinding(['double*', 'const double*'], '''
extern "C"  void  kernel(double* out_ptr0,
                       const double* in_ptr0)
{{
    {{
        out_ptr0[0] = in_ptr0[0];
    }}
}}
''')
cpp_fused_1 = async_compile.cpp_pybinding(['double*', 'const double*', 'double*'], '''
extern "C"  void  kernel(double* in_out_ptr0,
                       const double* in_ptr0,
                       double* out_ptr1)
{{
    auto out_ptr0 = in_out_ptr0;
    {{
        out_ptr0[0] = 1;
    }}
    {{
        out_ptr1[0] = in_ptr0[0];
    }}
    {{
        in_out_ptr0[0] = 2;
    }}
}}
''')
cpp_fused_2 = async_compile.cpp_pybinding(['double*', 'const double*', 'double*'], '''
extern "C"  void  kernel(double* in_out_ptr0,
                       const double* in_ptr0,
                       double* out_ptr1)
{{
    auto out_ptr0 = in_out_ptr0;
    {{
        out_ptr0[0] = 1;
    }}
    {{
        out_ptr1[0] = in_ptr0[0] + out_ptr0[0];
    }}
}}
''')
    def call(self, args):
        arg0_1, = args
        buf0 = empty_strided_cpu((9, ), (1, ), torch.float64)
        buf1 = reinterpret_tensor(buf0, (3, ), (1, ), 0)  # alias
        buf2 = reinterpret_tensor(buf0, (3, ), (1, ), 6)  # alias
        {}
        return ({}, )
"""
AGAIN = "buf3 = buf1; del buf1  # reuse\n        "


@pytest.mark.parametrize(
    ("lines", "returned", "read"),
    [
        ("cpp_fused_0(buf1, arg0_1)", "buf0", False),
        ("cpp_fused_0(arg0_1, buf0)", "buf0", True),  # an argument is written to
        ("buf3 = arg0_1; del arg0_1  # reuse", "buf0", True),
        ("buf3 = buf0; del buf0  # reuse", "buf3", False),
        ("buf3 = buf0; del buf0  # reuse", "buf2", True),  # a part of a stack whose room was given away
        ("buf3 = buf1; del buf1  # reuse", "buf2", False),
        ("buf3 = buf1; del buf1  # reuse", "buf0", True),  # a stack of which a part was written over
        (f"{AGAIN}cpp_fused_1(buf3, buf0, buf4)", "buf4", False),  # by a loop after the one that reads
        (f"{AGAIN}cpp_fused_2(buf3, buf0, buf4)", "buf4", False),  # by none: it stays in registers
        (f"{AGAIN}cpp_fused_0(buf3, buf0)", "buf4", True),  # by that loop
        (f"{AGAIN}cpp_fused_0(buf3, arg0_1)\n        cpp_fused_1(buf3, buf0, buf4)", "buf4", True),
        ("buf3 = reinterpret_tensor(buf1, (3, 1), (1, 1), 0); del buf1  # reuse", "buf2", False),
        ("buf3 = reinterpret_tensor(buf0, (3, ), (1, ), 0); del buf0  # reuse", "buf1", True),
    ],
)
def test_read_of_what_was_written_over_is_found(lines: str, returned: str, read: bool) -> None:
    assert bool(written_over(PROGRAM.format(lines, returned))) is read
