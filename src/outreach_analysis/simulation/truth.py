"""What is true of a synthetic office: every parameter that its people and its counts are drawn from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

CHANNELS = ("instagram", "other_social", "conventional", "office", "word_of_mouth")
"""Ways of hearing of a pop-up that the synthetic people name; the unknown stand apart."""

_PLACE_KIND = MappingProxyType(
    {"mall": 0.0, "campus": -0.3, "pesantren": 0.1, "kecamatan": 0.5, "desa": 0.4, "other": 0.0}
)
_DAY_KIND = MappingProxyType({"weekend": 0.0, "holiday": 0.15, "workday": -0.2})
_PROGRAMME = MappingProxyType({"visit": 0.0, "invited": 1.07, "office": 0.0})
_CHANNEL_BY_KIND = MappingProxyType(
    {
        "mall": (0.8, 0.4, -0.2, 0.3, 0.0),
        "campus": (1.2, 0.5, -0.8, 0.0, 0.3),
        "pesantren": (-0.4, 0.4, 0.9, -0.2, 0.6),
        "kecamatan": (0.0, 0.5, 0.8, 0.0, 0.4),
        "desa": (-0.5, 0.4, 1.0, -0.4, 0.8),
        "other": (0.0, 0.0, 0.0, 0.0, 0.0),
    }
)
_CHANNEL_PER_35_KM = (-0.15, 0.05, 0.2, -0.1, 0.1)
_MONTH_EFFECT = MappingProxyType(
    {1: 0.10, 2: 0.06, 3: -0.15, 4: -0.10, 5: 0.02, 6: 0.04, 7: 0.06, 8: 0.0, 9: 0.0, 10: 0.02, 11: 0.0, 12: -0.05}
)
_POINT_WEIGHT = MappingProxyType({"office": 1.0, "mpp": 0.45, "ukk": 0.35, "other_office": 0.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Parameters of a synthetic office; a study replaces what it varies, and the sample's own are `SAMPLE_TRUTH`.

    Turnout of area i at event j is negative binomial with
    ``log mu = intercept + log(residents_i) + log(decay(km_ij)) + place_kind_j + day_kind_j + effects_j + log(left)``
    and variance ``mu + overdispersion * mu**2``; ``effects_j`` are those of site and event, normal with the given
    standard deviations, of the programme and of the office's own numbers, and the log of the event's days. ``left`` is
    the share of the willing who came to no earlier event or are willing anew: the product over earlier events e of
    ``1 - f_e q_ie exp(-days / recovery_days)``, with ``f_e`` the share of them whom the event's capacity can serve and
    ``q_ie = min(depletion decay(km_ie) exp(place_kind_e + day_kind_e + effects_e), 0.9)``.
    Applicants at the office are Poisson, falling with the distance to the nearest service point, times an AR(1) log
    shock and a calendar effect, less the displaced share of the people of the area who came to pop-ups in the
    `displacement_months` months before.

    Attributes
    ----------
    decay, decay_scale_km, decay_shape
        "exponential": exp(-km / scale); "log_logistic": 1 / (1 + (km / scale) ** shape).
    typical_total
        People at a typical event: sets the intercept, where `intercept` is None, so that the mean over the
        events of their expected totals, effects, earlier events and capacity left out, is this.
    place_kind, day_kind
        Additions to log mu, relative to a mall at a weekend.
    programme
        Addition to log mu by the programme of the event.
    own_numbers
        Addition to log mu for each standard deviation of the log of a number that the office keeps of its places
        (`design.OWN_NUMBERS`); one that is 0 is noise.
    failed_serves
        Most people whom an event serves that breaks off.
    site_sd, event_sd, overdispersion
        Spread of the site and event effects (log scale) and the negative binomial's alpha.
    outsiders_per_event
        Mean number of people from outside the province at an event.
    office_per_year
        Applicants a year at the office and its service points together, before displacement.
    office_decay_km, outside_jurisdiction
        Scale of the exponential fall with travel km to the nearest service point; factor for areas of other
        offices.
    point_weight, shock_sd, shock_rho, month_effect
        Pull of each kind of service point; log shocks by area and month; calendar effects (log scale).
    depletion, recovery_days
        Share of an area's willing people who come to an event at their door, a mall at a weekend; 0: nobody is missing
        afterwards. Days after which all but 37 % of them are willing anew.
    displacement, displacement_months
        Share of pop-up applicants who would have come to the office, and the months they are missing there.
    displacement_far, displacement_half_km, displacement_shape, displacement_area_sd
        Where `displacement_far` is given, the share is `displacement` at a service point and falls with the km to the
        nearest one to `displacement_far`, half way after `displacement_half_km`, by 1 / (1 + (km / half) ** shape); and
        areas differ from that by a normal of this standard deviation on the logit scale.
    desk_overstatement, desk_unsure, desk_silent
        Answers to the desk question: how much more often than true 'yes' is said (added to the logit), and the shares
        of those asked who are unsure and who do not answer.
    electronic_intercept, electronic_per_month, electronic_per_100_km, electronic_from
        Logit of asking for an electronic passport: at the office in the first month, a month later, 100 km
        from the office; the day from which all are electronic.
    type_unknown, channel_unknown
        Shares of lists' rows that do not say.
    new_intercept, new_per_100_km
        Logit of a new passport against a renewal.
    channel_by_kind, channel_per_35_km
        Multinomial logits of `CHANNELS` by place kind, and their change with distance to the event.
    shows_up_mean, shows_up_sd
        Share of promised people who come: a beta distribution by promise.

    Examples
    --------
    >>> Truth().decay_weight([0, 35]).round(3).tolist()
    [1.0, 0.368]
    >>> Truth(decay="log_logistic", decay_scale_km=20, decay_shape=2).decay_weight([20.0]).tolist()
    [0.5]
    """

    decay: str = "exponential"
    decay_scale_km: float = 35.0
    decay_shape: float = 2.0
    typical_total: float = 64.0
    intercept: float | None = None
    place_kind: Mapping[str, float] = dataclasses.field(default_factory=lambda: _PLACE_KIND)
    day_kind: Mapping[str, float] = dataclasses.field(default_factory=lambda: _DAY_KIND)
    programme: Mapping[str, float] = dataclasses.field(default_factory=lambda: _PROGRAMME)
    own_numbers: Mapping[str, float] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    failed_serves: int = 5
    site_sd: float = 0.2
    event_sd: float = 0.4
    overdispersion: float = 0.5
    outsiders_per_event: float = 1.5
    office_per_year: float = 19_500.0
    office_decay_km: float = 80.0
    outside_jurisdiction: float = 0.05
    point_weight: Mapping[str, float] = dataclasses.field(default_factory=lambda: _POINT_WEIGHT)
    shock_sd: float = 0.15
    shock_rho: float = 0.5
    month_effect: Mapping[int, float] = dataclasses.field(default_factory=lambda: _MONTH_EFFECT)
    depletion: float = 0.0
    recovery_days: float = 120.0
    displacement: float = 0.3
    displacement_months: int = 3
    displacement_far: float | None = None
    displacement_half_km: float = 25.0
    displacement_shape: float = 2.0
    displacement_area_sd: float = 0.0
    desk_overstatement: float = 0.3
    desk_unsure: float = 0.1
    desk_silent: float = 0.1
    electronic_intercept: float = 0.2
    electronic_per_month: float = 0.12
    electronic_per_100_km: float = -0.8
    electronic_from: dt.date = dt.date(2025, 7, 1)
    type_unknown: float = 0.08
    channel_unknown: float = 0.06
    new_intercept: float = 0.35
    new_per_100_km: float = 0.25
    channel_by_kind: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=lambda: _CHANNEL_BY_KIND)
    channel_per_35_km: tuple[float, ...] = _CHANNEL_PER_35_KM
    shows_up_mean: float = 0.6
    shows_up_sd: float = 0.15

    def __post_init__(self) -> None:
        if self.decay not in ("exponential", "log_logistic"):
            raise ValueError(f"decay {self.decay!r} is not known; write 'exponential' or 'log_logistic'")
        positive = (
            *("decay_scale_km", "decay_shape", "typical_total", "office_per_year", "office_decay_km"),
            *("recovery_days", "displacement_half_km", "displacement_shape"),
        )
        faults = [name for name in positive if not getattr(self, name) > 0]
        at_least_zero = (
            *("site_sd", "event_sd", "overdispersion", "shock_sd", "displacement", "outsiders_per_event"),
            *("depletion", "displacement_area_sd", "desk_unsure", "desk_silent"),
        )
        faults += [name for name in at_least_zero if not getattr(self, name) >= 0]
        if faults:
            raise ValueError(f"out of range: {', '.join(faults)}; scales must be above 0, spreads at least 0")

    def replace(self, **changes: Any) -> Truth:
        """A copy with some parameters changed."""
        return dataclasses.replace(self, **changes)

    def decay_weight(self, km: Any) -> np.ndarray:
        """Turnout at a travel distance relative to distance 0, in (0, 1]; km as an array of numbers >= 0."""
        distance = np.asarray(km, dtype=float)
        if self.decay == "exponential":
            return np.exp(-distance / self.decay_scale_km)
        return 1.0 / (1.0 + (distance / self.decay_scale_km) ** self.decay_shape)

    def displacement_by_area(self, km: pd.Series, rng: np.random.Generator) -> pd.Series:
        """Share of each area's pop-up applicants who would have come to the office, in (0, 1).

        Parameters
        ----------
        km
            Travel km from each area to its nearest fixed service point.
        rng
            For what areas differ by.

        Examples
        --------
        >>> truth = Truth(displacement=0.6, displacement_far=0.1, displacement_half_km=20)
        >>> truth.displacement_by_area(pd.Series([0.0, 20.0]), np.random.default_rng(1)).round(2).tolist()
        [0.6, 0.35]
        """
        if self.displacement_far is None:
            return pd.Series(self.displacement, index=km.index)
        near = 1.0 / (1.0 + (km / self.displacement_half_km) ** self.displacement_shape)
        share = self.displacement_far + (self.displacement - self.displacement_far) * near
        logit = np.log(share / (1.0 - share)) + rng.normal(0.0, self.displacement_area_sd, len(km))
        return pd.Series(1.0 / (1.0 + np.exp(-logit)), index=km.index)

    def as_dict(self) -> dict[str, Any]:
        """Every parameter by name, as plain numbers, texts, lists and tables (for truth.json).

        Examples
        --------
        >>> Truth(event_sd=0.2).as_dict()["event_sd"], Truth().as_dict()["electronic_from"]
        (0.2, '2025-07-01')
        """
        plain: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Mapping):
                plain[field.name] = {
                    str(key): list(item) if isinstance(item, tuple) else item for key, item in value.items()
                }
            elif isinstance(value, tuple):
                plain[field.name] = list(value)
            else:
                plain[field.name] = value.isoformat() if isinstance(value, dt.date) else value
        return plain


SAMPLE_TRUTH = Truth(
    typical_total=97.0,
    own_numbers=MappingProxyType({"x_visitors": 0.35, "x_parking": 0.0}),
    depletion=0.5,
    displacement=0.6,
    displacement_far=0.1,
    displacement_area_sd=0.5,
)
"""The sample's: half of the willing come to an event at their door and are slow to be willing anew, so that about 64
come to an event; the share who would have come to the office falls with the distance by a law that no model knows."""
