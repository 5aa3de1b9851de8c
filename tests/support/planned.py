"""A small configuration to plan for: the pair of `studies`, with what a test changes."""

from studies import ETAS, PAIR

from syncsweep.config.configuration import parse
from syncsweep.plan.cost import BlockCost, SampleCost, Source


def config(results, samples=10, chunk_size=4, blocks=(ETAS,), ranks=2, **more):
    study = {
        "model": PAIR.model.model_dump(),
        "samples": samples,
        "chunk_size": chunk_size,
        "eta_blocks": [{"values": list(etas)} for etas in blocks],
        "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
        **more,
    }
    settings = {"results": str(results), "root_seed": PAIR.root_seed, "ranks": ranks}
    return parse({**settings, "studies": {"pair": study}})


def cost_of(settings, seconds=2.0, first=0.5, low=0.9, high=1.2, **more):
    blocks = {
        block.id: BlockCost(seconds, first, part_bytes=2000)
        for block in settings.studies["pair"].blocks
    }
    return SampleCost(Source.CALIBRATION, blocks, low, high, "a test", **more)
