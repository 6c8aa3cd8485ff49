"""The words of vmbench as frozen types; standard library only, imported by every part.

target, campaign, phase = tag, run (one session of one phase), trial, attempt, job, sample, facts: see ARCHITECTURE.md.
Collections inside are tuples; mappings are tuples of pairs, so every value is hashable and compares by content.
"""

from bench.model.aliases import Aliases
from bench.model.campaign import MIN_GAP_S, Campaign, Inventory, Limit, Phase, SuiteChoice, Target
from bench.model.facts import BURSTABLE, LAYERS, Facts
from bench.model.finding import Finding, Journal, Told
from bench.model.names import DEFAULT_PHASES, SAFE_NAME, Pairs, Params, Scalar, is_safe_name, pairs
from bench.model.run import Attempt, Look, LookOutcome, Run, Status, StoredFile, Trial, speaker
from bench.model.suite import (
    OUTPUT_CAP_BYTES,
    Better,
    Case,
    Context,
    Distribution,
    JobSpec,
    Kind,
    Measurement,
    Metric,
    Parameter,
    Parsed,
    Parser,
    Profile,
    Role,
    Scale,
    Series,
    Source,
    Step,
    Steps,
    Suite,
    Tool,
)

__all__ = [
    "BURSTABLE",
    "DEFAULT_PHASES",
    "LAYERS",
    "MIN_GAP_S",
    "OUTPUT_CAP_BYTES",
    "SAFE_NAME",
    "Aliases",
    "Attempt",
    "Better",
    "Campaign",
    "Case",
    "Context",
    "Distribution",
    "Facts",
    "Finding",
    "Inventory",
    "JobSpec",
    "Journal",
    "Kind",
    "Limit",
    "Look",
    "LookOutcome",
    "Measurement",
    "Metric",
    "Pairs",
    "Parameter",
    "Params",
    "Parsed",
    "Parser",
    "Phase",
    "Profile",
    "Role",
    "Run",
    "Scalar",
    "Scale",
    "Series",
    "Source",
    "Status",
    "Step",
    "Steps",
    "StoredFile",
    "Suite",
    "SuiteChoice",
    "Target",
    "Told",
    "Tool",
    "Trial",
    "is_safe_name",
    "pairs",
    "speaker",
]
