"""What may be true of an office: each truth is a small description whose pieces can be put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from outreach_analysis.simulation.draws import Truth as Turnout

Array: TypeAlias = npt.NDArray[np.float64]
DECAY_KM = (35.0, 15.0, 60.0)
RECOVERY_DAYS = (120.0, 45.0, 365.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What a displacement may hang on.

    Attributes
    ----------
    km
        (areas,) true km to the nearest fixed point.
    office_share
        (areas,) expected office applicants / what the area would send if it applied as the best-served quintile does.
    place_kind
        (sites,) kinds of the places.
    """

    km: Array
    office_share: Array
    place_kind: npt.NDArray[np.str_]


Displacement: TypeAlias = Callable[[Ground, np.random.Generator], Array]
"""Probability by area, (areas,) or (areas, sites), that somebody who comes would have been served anyway."""


def flat(share: float) -> Displacement:
    """The same share everywhere."""
    return lambda ground, rng: np.full(len(ground.km), share)


def by_distance(at_zero: float, scale_km: float) -> Displacement:
    """Falling with the distance to the office."""
    return lambda ground, rng: at_zero * np.exp(-ground.km / scale_km)


def office_share(most: float = 1.0) -> Displacement:
    """What the office serves of the demand, cut at `most`."""
    return lambda ground, rng: np.minimum(ground.office_share, most)


def from_prior(spread: float = 1.0) -> Displacement:
    """Drawn as docs/methods.md believes it: a level at the office and one at 60 km, office share, and areas' own."""

    def draw(ground: Ground, rng: np.random.Generator) -> Array:
        near = (1 - np.exp(-ground.km / 30)) / (1 - np.exp(-2))
        sd, correlation = np.array([0.81, 0.89]), 0.5
        covariance = np.outer(sd, sd) * np.array([[1, correlation], [correlation, 1]])
        level = np.array([0.17, -1.27]) + spread * rng.multivariate_normal(np.zeros(2), covariance)
        share = special.logit(np.clip(ground.office_share, 0.03, 0.97))
        tilt = rng.normal(0.75, 1.5 * spread) * (share - share.mean()) / 2
        own = rng.normal(0.0, 0.5 * spread, len(near))
        return np.asarray(special.expit((1 - near) * level[0] + near * level[1] + tilt + own))

    return draw


def by_programme(ground: Ground, rng: np.random.Generator) -> Array:
    """Invited groups would rarely have gone, people at malls often; renewals, more of them near, more than new ones."""
    programme = {"mall": 0.3, "campus": -0.6, "pesantren": -1.2}
    of_site = np.array([programme.get(kind, 0.0) for kind in ground.place_kind])
    renewals = special.expit(0.3 - ground.km / 100)
    by_site = [renewals * special.expit(at) + (1 - renewals) * special.expit(at - 1.2) for at in of_site]
    return np.array(by_site).T


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeTruth:
    """One truth. The defaults are the sample's turnout with a displacement of .3 everywhere and no memory.

    Attributes
    ----------
    truth_id, what
        Its number in the study, and what is true.
    displacement
        By area, or by area and place.
    lead_logit
        Rise of the logit of displacement for each month by which a pop-up is known beforehand: people wait for it.
    depletion, recovery_days
        Share of those who would ever come that a pop-up takes at 0 km, and how fast they are followed by others
        (None: differs between offices).
    growth, season, marketing_sd
        Log growth a year; amplitude of the log season; spread of what advertising adds to an event (log).
    selection
        Pop-ups of the past were held at the best of so many places, their luck on the day included.
    show_up_rates
        Those who promised come to near places, some .6 of them; else the list says nothing about turnout.
    quota, quota_recorded
        No pop-up serves more; whether the office says so.
    population_sd, population_share
        Log error of residents, in this share of the areas.
    river_factor
        Least and most by which true km of river areas differ from the estimate.
    unplaced_far
        Share of people from beyond 40 km whose place cannot be read.
    outlier
        One pop-up of the past was so many times as large.
    zeros
        Share of cells of area x pop-up from which nobody comes.
    area_sd
        Spread between areas (log).
    announced
        How many of the sample's two announced pop-ups, both in the city, are.
    n_events
        Pop-ups of the past: the last ones of the sample's calendar.
    plain_kernel
        True: always exponential with 35 km; else 15, 35 and 60 km and, in a third of the offices, log-logistic.
    sample
        The office is that of `simulate_office`: the sample's calendar, interest and announced pop-ups.
    """

    truth_id: str
    what: str
    displacement: Displacement = dataclasses.field(default_factory=lambda: flat(0.3))
    lead_logit: float = 0.0
    depletion: float = 0.0
    recovery_days: float | None = None
    growth: float = 0.0
    season: float = 0.0
    marketing_sd: float = 0.0
    selection: int = 1
    show_up_rates: bool = False
    quota: float = np.inf
    quota_recorded: bool = True
    population_sd: float = 0.0
    population_share: float = 0.4
    river_factor: tuple[float, float] = (1.0, 1.0)
    unplaced_far: float = 0.0
    outlier: float = 1.0
    zeros: float = 0.0
    area_sd: float = 0.0
    announced: int = 0
    n_events: int = 24
    plain_kernel: bool = False
    sample: bool = False

    def turnout(self, number: int) -> Turnout:
        """How people come to pop-ups of the office with this number."""
        if self.sample:
            return Turnout()
        if self.plain_kernel:
            return Turnout(outsiders_per_event=0.0)
        log_logistic = (number + number // 3) % 3 == 2
        return Turnout(
            outsiders_per_event=0.0,
            decay="log_logistic" if log_logistic else "exponential",
            # half as many come from the same distance, whichever the form
            decay_scale_km=DECAY_KM[number % 3] * (float(np.log(2)) if log_logistic else 1.0),
        )

    def recovery(self, number: int) -> float:
        """Days in which the memory of a pop-up falls to 1 / e in the office with this number."""
        return RECOVERY_DAYS[(number + number // 3) % 3] if self.recovery_days is None else self.recovery_days


def _truths() -> dict[str, OfficeTruth]:
    near = by_distance(0.75, 30)
    listed = (
        OfficeTruth(truth_id="1", what="as the model believes", displacement=from_prior(), plain_kernel=True),
        OfficeTruth(truth_id="2", what="displacement .3 everywhere"),
        OfficeTruth(truth_id="3", what="displacement .75 exp(-km / 30)", displacement=near),
        OfficeTruth(truth_id="4a", what="displacement is the office's share of demand", displacement=office_share()),
        OfficeTruth(truth_id="4b", what="the same, at most .95", displacement=office_share(0.95)),
        OfficeTruth(truth_id="5", what="two announced pop-ups in the city", announced=2),
        OfficeTruth(truth_id="6a", what="depletion 50 %, recovery 120 days", depletion=0.5, recovery_days=120.0),
        OfficeTruth(truth_id="6b", what="depletion 50 %, recovery 45 to 365 days", depletion=0.5),
        OfficeTruth(truth_id="7", what="5 and 6b", announced=2, depletion=0.5),
        OfficeTruth(
            truth_id="8",
            what="+20 % a year, seasons, marketing sd .4",
            growth=float(np.log(1.2)),
            season=0.35,
            marketing_sd=0.4,
        ),
        OfficeTruth(truth_id="9", what="held where interest was high", selection=4, show_up_rates=True),
        OfficeTruth(truth_id="10", what="quota of 60, not recorded", quota=60.0, quota_recorded=False),
        OfficeTruth(truth_id="11", what="quota of 60, recorded", quota=60.0),
        OfficeTruth(truth_id="12a", what="population wrong (sd 35 % in 40 % of areas)", population_sd=0.35),
        OfficeTruth(truth_id="12b", what="river distances x .6 to 2", river_factor=(0.6, 2.0)),
        OfficeTruth(truth_id="13", what="far people not placed", unplaced_far=0.6),
        OfficeTruth(truth_id="14", what="one event x 8", outlier=8.0),
        OfficeTruth(truth_id="15", what="half of all cells zero", zeros=0.5),
        OfficeTruth(truth_id="16", what="areas differ (sd .6)", area_sd=0.6),
        OfficeTruth(
            truth_id="17", what="displacement by programme and lead time", displacement=by_programme, lead_logit=0.3
        ),
        OfficeTruth(
            truth_id="18",
            what="all together, milder",
            displacement=from_prior(0.5),
            lead_logit=0.15,
            depletion=0.25,
            growth=float(np.log(1.1)),
            season=0.18,
            marketing_sd=0.2,
            selection=2,
            show_up_rates=True,
            quota=90.0,
            quota_recorded=False,
            population_sd=0.18,
            river_factor=(0.8, 1.5),
            unplaced_far=0.3,
            outlier=3.0,
            zeros=0.25,
            area_sd=0.3,
            announced=1,
        ),
        OfficeTruth(truth_id="e6", what="6 past events", n_events=6),
        OfficeTruth(truth_id="e12", what="12 past events", n_events=12),
        OfficeTruth(truth_id="sample", what="the sample's own (not pooled)", sample=True),
    )
    return {truth.truth_id: truth for truth in listed}


TRUTHS = _truths()
