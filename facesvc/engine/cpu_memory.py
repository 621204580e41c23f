"""The memory that all models on the CPU compute in."""

from __future__ import annotations

from functools import cache

import onnxruntime as ort


@cache
def share_arena() -> None:
    """Give ONNX Runtime one arena for all sessions that are opened with ``share``; once a process.

    By default each session has its own, which keeps all that the largest input ever took, so that
    six models hold six times what one call needs.
    """
    memory = ort.OrtMemoryInfo(
        "Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT
    )
    ort.create_and_register_allocator(memory, None)


def share(options: ort.SessionOptions) -> None:
    """Let a session compute in the shared arena, and keep no plan of it for each input's shape: a
    plan is a block of its own, for every canvas that a detector has seen.
    """
    share_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.enable_mem_pattern = False
