# One job per (η-block, seed-chunk): one MPI launch, one Parquet shard.
#
# The output is update(), so Snakemake never deletes a whole shard. A job that finds its shard valid does
# nothing. There is no input, and the only parameter is the physics hash, which is also in the path.
# Launcher, ranks and memory are resources, which trigger nothing. Only a Slurm job has a time limit that
# its ranks must keep. The log holds one attempt. Its processes append to it, so none overwrites the lines
# of another. log.jsonl in the folder of the jobs has all attempts.


rule solve_shard:
    output:
        update(f"{CONFIG.results}/{{study}}-{{hash}}/{{block}}/samples-{{start}}-{{stop}}.parquet"),
    log:
        f"{layout.logs_folder(CONFIG.results)}/{{study}}-{{hash}}/{{block}}-{{start}}-{{stop}}.log",
    wildcard_constraints:
        study=r"[A-Za-z0-9_-]+",
        hash=r"[0-9a-f]{12}",
        block=r"eta-[^/]+",
        start=r"\d{9}",
        stop=r"\d{9}",
    threads: CONFIG.ranks
    resources:
        mpi=" ".join(ON_THIS_MACHINE),
        tasks=lambda wildcards, threads: OUTPUTS.shard_size(wildcards, threads).ranks,
        mem_mb_per_cpu=lambda wildcards, threads, attempt: attempt
        * OUTPUTS.shard_size(wildcards, threads).rank_memory,
        runtime=lambda wildcards, threads: OUTPUTS.shard_size(wildcards, threads).time_limit,
    params:
        physics_hash=lambda wildcards: wildcards.hash,
    message:
        "{wildcards.study}: samples {wildcards.start} to {wildcards.stop} of {wildcards.block}"
    shell:
        '{resources.mpi} -n {resources.tasks} python -m mpi4py "$SCRIPTS"/solve_shard.py'
        ' --block "$(dirname {output:q})" --start {wildcards.start} --stop {wildcards.stop}'
        ' --ranks {resources.tasks} --minutes "${{SLURM_JOB_ID:+{resources.runtime}}}"'
        " >> {log:q} 2>&1"
