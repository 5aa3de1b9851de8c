"""Configuration of `snakemake paper`: its studies, and how large its parts are."""

from __future__ import annotations

from pydantic import Field, field_validator

from syncsweep.config.fields import Integer, SafeName, Strict


class Paper(Strict):
    """The rest of the paper: which studies it is about, and how many draws each part has."""

    chain: SafeName = Field(
        "spin1_chain", description="study of three spin-1s behind Figs. 1 to 3 and the ablations"
    )
    pair: SafeName = Field("spin_half_pair", description="study of two spin-1/2s behind Fig. 5")
    two_spin1s: SafeName | None = Field(
        None,
        description="study of two_spin1s over ensemble.epsilon and ensemble.delta behind App. E; "
        "null: one like that of the shipped config.yaml",
    )
    supplement: tuple[SafeName, ...] = Field(
        (), description="further studies whose figures belong to the paper"
    )
    locking_samples: Integer = Field(
        1000, ge=2, le=10**6, description="realisations behind Λ(η) of Fig. 1"
    )
    quality_samples_n2: Integer = Field(
        200, ge=2, le=10**6, description="spectra per η behind Q(η) of Fig. 1, two spins"
    )
    quality_samples_n3: Integer = Field(
        8, ge=2, le=10**6, description="spectra per η behind Q(η) of Fig. 1, three spins"
    )
    ablation_samples: Integer = Field(
        400, ge=2, le=10**6, description="realisations per η of each changed ensemble"
    )
    size_samples: Integer = Field(
        200,
        ge=2,
        le=10**6,
        description="realisations behind the locking of two to four spins, for each ensemble",
    )
    size_samples_full_n4: Integer = Field(
        24, ge=2, le=10**6, description="the same for four spins and full rank, half a minute each"
    )
    size_samples_n5: Integer = Field(
        50, ge=2, le=10**6, description="the same for five spins, some ten seconds each"
    )
    size_samples_n6: Integer = Field(
        6, ge=2, le=10**6, description="the same for six spins, up to a minute each"
    )
    first_order_samples: Integer = Field(
        200, ge=2, le=10**6, description="the same to first order in η, two to five spins"
    )
    first_order_samples_n6: Integer = Field(
        20, ge=2, le=10**6, description="the same to first order in η, six spins"
    )
    first_order_samples_n7: Integer = Field(
        4, ge=2, le=10**6, description="the same to first order in η, seven spins"
    )
    ensemble_samples: Integer = Field(
        6, ge=2, le=10**4, description="spectra of the random dissipator, compared with Ref. 57"
    )

    @field_validator("supplement")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("must name each study once")
        return names

    @property
    def roles(self) -> list[tuple[str, str]]:
        """Every key that names a study, with the name."""
        named = [("chain", self.chain), ("pair", self.pair)]
        return named + [("supplement", name) for name in self.supplement]
