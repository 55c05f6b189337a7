"""How tasks are cancelled."""

import asyncio

AGAIN_SECONDS = 5.0
"""More than whatever a task still has to do takes."""


async def cancel(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended. What they raise is dropped.

    A cancellation that arrives while a library closes a connection may be swallowed there, and a
    task that repeats itself would then go on for ever: it is cancelled again.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
