"""What an import prints: how many users had each outcome, and why."""

from collections import Counter
from dataclasses import dataclass, field

from authsite.cli.output import format_json
from authsite.importing.import_users import Batch
from authsite.importing.imported_user import RejectionReason

_OUTCOMES = ("read", "imported", "already_imported", "rejected")
_REMARKS = {
    "skipped": "skipped: these users were inactive, locked or deleted there",
    "without_password": "imported without a password: these users choose one by an emailed link",
    "without_full_name": "imported without a full name: these users can complete it",
    "suspended": "imported as suspended: these users were not active there",
    "sessions": "sessions not imported: their users sign in again",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The sums of all batches: users by outcome, rejections by reason, hashes by format."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unused_hashes: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Batch) -> None:
        """Add a batch."""
        self.counts.update(batch.counts)
        reasons = Counter(rejection.reason for rejection in batch.rejected)
        del reasons[RejectionReason.INACTIVE]
        self.reasons.update(reasons)
        self.unused_hashes.update(batch.unused_hashes)


def to_text(outcome: Outcome, *, dry_run: bool) -> str:
    """Return lines for a terminal."""
    counts = outcome.counts
    lines = [", ".join(f"{counts[each]} {each.replace('_', ' ')}" for each in _OUTCOMES)]
    lines += [f"  {number} rejected: {reason}" for reason, number in outcome.reasons.most_common()]
    lines += [
        f"  {number} imported without their unknown password: {name}"
        for name, number in outcome.unused_hashes.most_common()
    ]
    lines += [f"  {counts[each]} {remark}" for each, remark in _REMARKS.items() if counts[each]]
    if dry_run:
        lines.append("dry run: nothing was changed")
    return "\n".join(lines)


def to_json(outcome: Outcome, *, dry_run: bool) -> str:
    """Return a JSON object."""
    return format_json(
        {
            "dry_run": dry_run,
            **{each: outcome.counts[each] for each in _OUTCOMES},
            "reasons": dict(outcome.reasons.most_common()),
            "unused_hashes": dict(outcome.unused_hashes.most_common()),
            **{each: outcome.counts[each] for each in _REMARKS},
        }
    )
