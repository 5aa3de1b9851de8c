"""The table of a campaign, in Markdown."""

from __future__ import annotations

import os
from datetime import date

from campaign import Campaign, Fault, is_bad
from kinds import Kind
from places import Place


def table(
    campaign: Campaign,
    kinds: list[Kind],
    not_tried: list[str],
    place: Place,
    seed: int,
    minutes: float,
) -> str:
    """The whole report: circumstances, a row per kind, and what must not be."""
    counted = [fault for fault in campaign.faults if fault.counted]
    bad = [fault for fault in campaign.faults if is_bad(fault)]
    lines = [
        f"{len(counted)} faults of {len({fault.kind for fault in counted})} kinds, {place.where}; "
        f"seed {seed}, {date.today()}, {minutes:.1f} min, {os.cpu_count()} cores; "
        + ", ".join(f"{name} {number}" for name, number in place.versions.items())
        + ".",
        "",
        f"{campaign.sweeps} sweeps in {campaign.commands} commands; "
        f"{campaign.samples_needed} samples were needed and {campaign.samples_begun} begun, "
        f"{sum(fault.again for fault in campaign.faults)} of them again. "
        f"The longest time without a new one was {campaign.stood_still:.0f} s. "
        f"{len(campaign.faults) - len(counted)} faults landed too early or late to count.",
        "",
        "| fault | counted | landed at | lost | doubled | wrong | solved again "
        "| most by one | allowed to that | allowed |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for kind in kinds:
        faults = [fault for fault in counted if fault.kind == kind.name]
        if faults:
            lines.append(row(kind, faults))
    lines += [f"| {name} | not tried: mounting was refused | | | | | | | | |" for name in not_tried]
    lines += ["", "Nothing was lost, doubled or wrong, and no more solved again than is allowed."]
    if bad:
        lines[-1] = f"{len(bad)} faults of sweeps that did not end as they must:"
        lines += [
            f"- {fault.number} {fault.kind}: {fault.verdict} {fault.problems}" for fault in bad
        ]
    return "\n".join(lines) + "\n"


def row(kind: Kind, faults: list[Fault]) -> str:
    most = max(faults, key=lambda fault: (fault.again, -fault.allowed))
    places = [100 * fault.progress for fault in faults]
    cells = [
        kind.name,
        len(faults),
        f"{min(places):.0f}–{max(places):.0f} %",
        sum(fault.verdict.lost for fault in faults),
        sum(fault.verdict.doubled for fault in faults),
        sum(fault.verdict.wrong for fault in faults),
        sum(fault.again for fault in faults),
        most.again,
        most.allowed,
        kind.allowed,
    ]
    return "| " + " | ".join(map(str, cells)) + " |"
