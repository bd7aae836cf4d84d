"""Rules and a situation to verdicts: which flags are raised, hold, or are over, and why.

Evaluation is pure and repeatable: the same situation and the same rules give the
same verdicts, and every verdict carries the numbers that it was reached by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from statistics import median, variance
from types import MappingProxyType

from app.clinical.expected_change import CurveKind, ReferenceCurve
from app.clinical.follow_up import FlagState
from app.clinical.instruments import Direction, Instrument, ReliableChangeValue, Tenths
from app.clinical.reliable_change import Side, better_by, reaches, side_of
from app.clinical.rules import Level, Rule, RuleId
from app.clinical.scoring import CriticalAnswer
from app.clinical.trajectory import Observation, Point, Position, Trajectory, WhyNoBand
