"""What this processor is good at."""

from pathlib import Path

_INFO = Path("/proc/cpuinfo")
# Processors with bfloat16 arithmetic take little more than half the time; the weights stay in float32.
HAS_BFLOAT16 = _INFO.exists() and "avx512_bf16" in _INFO.read_text()
