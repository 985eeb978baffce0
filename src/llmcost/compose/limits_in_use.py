"""How near the limits that llmcost.yaml names came to being used up, for the audit of waste."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.config.settings import Settings
    from llmcost.domain.headroom import Headroom
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.outliers.traffic import LimitsInUse


def limits_in_use(settings: Settings) -> LimitsInUse | None:
    """What looks at the requests selected; None where neither `limits:` nor `quota:` names a limit.

    Raises ConfigError, when it looks, for files without a limit that can be replayed.
    """
    paths = settings.limit_files
    if not paths:
        return None

    def look(connection: Connection, selection: Selection) -> Sequence[Headroom]:
        from llmcost.quota.files import opened
        from llmcost.quota.replay.ends import with_ends
        from llmcost.quota.replay.headroom import headroom
        from llmcost.quota.replay.plan import plan

        settings.check_there("quota")
        files, _ = opened(paths)
        made = with_ends(connection, selection, plan([config for file in files for config in file.configs]))
        if not made.slots:
            limit, reason = next(iter(made.left_out), (None, ""))
            said = f": `{limit.label}` {reason}" if limit is not None else ""
            raise ConfigError(f"none of the limits in llmcost.yaml can be replayed{said}", hint="`llmcost quota check`")
        return headroom(connection, selection, made)

    return look
