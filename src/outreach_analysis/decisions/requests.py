"""Letters that ask for a pop-up: what each would bring, chosen between together with own visits, and its answer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.schedule import DayWindow
from outreach_analysis.disclosure import round_people
from outreach_analysis.geography.areas import enclosing_area, great_circle_km
from outreach_analysis.measures.interest import ConversionResult, learn_conversion, with_rows_below
from outreach_analysis.models.forecast import Forecast, served_by_site
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.shown import Shown

# --- Open letters as places: each on days around its wish, small groups that lie near each other together.


Floats = npt.NDArray[np.float64]
_KIND = {"pesantren": "pesantren", "campus": "campus"}
_RULED = ("kecamatan", "desa")
"""Kinds of place that need interest of their own: a letter has its own minimum."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequestPlaces:
    """Places that open letters ask for.

    Attributes
    ----------
    sites
        Index `site_id` ('SURAT-' and the number of the leading letter); the columns of sites, and `letters` (numbers of
        the letters served there, the leading one first), `stands_for` (the office's own place it is; '' for none),
        `asked` (people on lists, else stated; NaN where no letter says a number), `listed` (those on lists), `minimum`,
        `meets`.
    windows
        The days of each place.
    """

    sites: pd.DataFrame
    windows: Mapping[str, DayWindow]


def asked_people(letters: pd.DataFrame) -> pd.Series:
    """People that each letter is for: those on its list, else the number it states; NaN where it says neither."""
    return letters["listed"].where(letters["listed"] > 0, letters["people"]).astype(float)


def request_places(
    letters: pd.DataFrame,
    *,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    period: tuple[dt.date, dt.date],
    settings: Settings,
) -> RequestPlaces:
    """The places that letters ask for. Letters of one place share a pop-up where their days meet; so do letters no
    farther apart than `settings.request_merge_km` where one of them alone is not for more than its minimum."""
    asked, minimum = asked_people(letters), letters["programme"].map(settings.request_minimum)
    own = letters["site_id"].where(letters["site_id"].isin(sites.index))
    points = _points(letters, own, sites, areas)
    groups: list[tuple[list[str], DayWindow]] = []
    for number in asked.sort_index().sort_values(ascending=False, kind="stable", na_position="last").index:
        window = _window(letters["day"][number], period, settings)
        for members, shared in groups:
            lead = members[0]
            km = float(great_circle_km(points.loc[[number]], points.loc[[lead]])[0, 0])
            same = km == 0 and letters["area_id"][number] == letters["area_id"][lead]
            small = any(asked[each] <= minimum[each] for each in (number, lead))
            both = shared.overlap(window)
            if both is not None and (same or (small and km <= settings.request_merge_km)):
                groups[groups.index((members, shared))] = ([*members, number], both)
                break
        else:
            groups.append(([str(number)], window))
    rows, windows = [], {}
    for members, window in groups:
        lead = members[0]
        place_id, site = f"SURAT-{lead}", own[lead]
        rows.append(
            _place(place_id, letters.loc[[lead]].iloc[0], sites, points.loc[[lead]].iloc[0], areas)
            | {
                "letters": tuple(members),
                "stands_for": "" if pd.isna(site) else str(site),
                "asked": float(asked[members].sum(min_count=1)),
                "listed": float(letters["listed"][members].sum()),
                "minimum": int(minimum[lead]),
                # who states no number is asked for it before anybody refuses
                "meets": bool(asked[members].isna().any() or asked[members].sum() > minimum[lead]),
            }
        )
        windows[place_id] = window
    return RequestPlaces(sites=pd.DataFrame(rows).set_index("site_id"), windows=windows)


def _window(day: pd.Timestamp | None, period: tuple[dt.date, dt.date], settings: Settings) -> DayWindow:
    """Days around the one that is wished, all of the period where none is; whether any is left shows later."""
    if day is None or pd.isna(day):
        return DayWindow(first=period[0], last=period[1])
    around = pd.Timedelta(days=settings.request_window_days)
    first = max((day - around).date(), period[0])
    return DayWindow(first=first, last=(day + around).date(), wished=day.date())


def _points(letters: pd.DataFrame, own: pd.Series, sites: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Where the place of each letter lies: its site, else the seat of its kecamatan."""
    seats = areas.reindex(enclosing_area(letters["area_id"], areas).to_numpy()).set_axis(letters.index)
    at = sites[["lon", "lat"]].reindex(own.to_numpy()).set_axis(letters.index).astype(float)
    seat = pd.DataFrame({name: seats[f"seat_{name}"].fillna(seats[name]) for name in ("lon", "lat")})
    return at.fillna(seat)


def _place(
    place_id: str, letter: pd.Series, sites: pd.DataFrame, point: pd.Series, areas: pd.DataFrame
) -> dict[str, Any]:
    """A place as in the table of sites: the office's own one, else one in the area that the letter names."""
    if letter["site_id"] in sites.index:
        site = {str(name): value for name, value in sites.loc[[letter["site_id"]]].iloc[0].items()}
        kind = "other" if site["kind"] in SITE_KINDS_FIXED else str(site["kind"])
        return site | {"site_id": place_id, "kind": kind, "name": f"{site['name']} ({letter.name})"}
    holder = enclosing_area(pd.Series([letter["area_id"]]), areas).iloc[0]
    name = areas["name"].get(holder, letter["area_id"])
    return {
        "site_id": place_id,
        "name": f"{name} ({letter.name})",
        "kind": _KIND.get(str(letter["asker"]), "other"),
        "area_id": letter["area_id"],
        "lon": point["lon"],
        "lat": point["lat"],
        "location_source": "seat",
    }


def as_candidates(places: RequestPlaces, sites: pd.DataFrame) -> pd.DataFrame:
    """The office's places and those of letters below them, under no rule on the interest of their area."""
    kept = [name for name in places.sites if name in sites]
    added = places.sites[kept].assign(kind=places.sites["kind"].mask(places.sites["kind"].isin(_RULED), "other"))
    if "added_for_interest" in sites:
        added["added_for_interest"] = False
    return with_rows_below(sites, added)


# --- What a letter's pop-up brings: a roll call where there is a list, else the forecast drawn to the number stated.


def learn_show_up(letters: pd.DataFrame, settings: Settings) -> ConversionResult:
    """The share of listed people who come: beta-binomial, from past lists whose people were looked for among those who
    came, around `settings.request_no_show_mean` before any."""
    past = letters.dropna(subset=["listed", "came"])
    kept = pd.DataFrame({"promised": past["listed"].astype(int), "came": past["came"].astype(int)})
    assumed = settings.replace(
        interest_shows_up_mean=1 - settings.request_no_show_mean, interest_shows_up_sd=settings.request_no_show_sd
    )
    return learn_conversion(kept, settings=assumed)


def roll_call(people: int, show_up: ConversionResult, n_draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Expected people of a list, and how many come, in each draw: both (n_draws,)."""
    share = show_up.draw(n_draws, 1, rng)[:, 0]
    return people * share, rng.binomial(people, share).astype(float)


def drawn_to(
    people: int, expected: Floats, totals: Floats, promised: ConversionResult, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """By how much the expected people of a forecast, and its totals, change in each draw once a letter states its
    number: forecast and promise averaged by their precision on the log scale."""
    shares = promised.draw(len(totals), 1, rng)[:, 0]
    said = np.log(people * np.maximum(shares, 1e-6))
    log_total, log_expected = np.log(np.maximum(totals, 0.5)), np.log(np.maximum(expected, 0.5))
    of_list = said.var() + 1 / max(people * promised.mean, 1.0)
    weight = log_total.var() / (log_total.var() + of_list)
    return np.exp(weight * (said - log_expected)), np.exp(weight * (said - log_total))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AskedPeople:
    """What letters say of their people: `lists` (number, area_id, people), and the shares of listed and of promised
    people who come. `rounding_base`: a list's number of people may be told back by what is expected of it."""

    lists: pd.DataFrame
    show_up: ConversionResult
    promised: ConversionResult
    rounding_base: int

    def narrow(
        self,
        forecast: Forecast,
        places: RequestPlaces,
        *,
        days: pd.Series,
        settings: Settings,
        rng: np.random.Generator,
    ) -> Forecast:
        """The forecast of open pop-ups at the places of letters on their days, made one of the people they name; those
        whom earlier events served and who do not wait again are off."""
        draws, totals = forecast.draws.copy(), forecast.totals.copy()
        for column, place in enumerate(forecast.site_ids):
            site, own = places.sites.loc[place], rng.spawn(1)[0]
            fresh = draws[:, :, column].sum(axis=1)
            draws[:, :, column] *= 1 - forecast.depletion.depleted(days[place])
            left = np.divide(draws[:, :, column].sum(axis=1), fresh, out=np.zeros_like(fresh), where=fresh > 0)
            totals[place] = np.rint(totals[place].to_numpy(float) * left)
            if pd.isna(site["asked"]):
                continue
            listed = round_people(int(site["listed"]), base=self.rounding_base)
            stated = round_people(int(site["asked"] - site["listed"]), base=self.rounding_base)
            if not listed:
                drawn = totals[place].to_numpy(float)
                of_mean, of_total = drawn_to(stated, fresh * left, drawn, self.promised, own)
                draws[:, :, column] *= of_mean[:, None]
                totals[place] = np.rint(drawn * of_total)
                continue
            expected, came = roll_call(listed, self.show_up, len(draws), own)
            others, came_too = roll_call(stated, self.promised, len(draws), own)
            by_area, at_home = self._by_area(site, forecast.area_ids)
            draws[:, :, column] = expected[:, None] * by_area + others[:, None] * at_home
            totals[place] = came + came_too
        return dataclasses.replace(
            forecast,
            draws=draws,
            totals=totals,
            waiting=frozenset(forecast.site_ids),
            by_site=served_by_site(
                totals, forecast.by_site["capacity"], threshold=settings.interest_threshold_people
            ).assign(day_kind=forecast.by_site["day_kind"]),
        )

    def _by_area(self, site: pd.Series, area_ids: pd.Index) -> tuple[Floats, Floats]:
        """Where the listed people of a place live, and where it lies, as shares of areas: people from outside the
        province are of none."""
        home = enclosing_area(pd.Series([site["area_id"]]), pd.DataFrame(index=area_ids))
        listed = self.lists[self.lists["number"].isin(site["letters"])].groupby("area_id")["people"].sum()
        shares = listed.reindex(area_ids, fill_value=0).to_numpy(float) / site["listed"]
        return shares, area_ids.isin(home).astype(float)


def joined(own: Forecast, letters: Forecast, *, most: float, settings: Settings) -> Forecast:
    """Two forecasts of the same draws as one, capacity no more than `most`."""
    totals = pd.concat([own.totals, letters.totals], axis=1)
    by_site = pd.concat([own.by_site, letters.by_site])
    served = served_by_site(totals, by_site["capacity"].clip(upper=most), threshold=settings.interest_threshold_people)
    rhythm = own.rhythm
    if rhythm is not None and letters.rhythm is not None:
        rhythm = dataclasses.replace(rhythm, days=np.concatenate([rhythm.days, letters.rhythm.days]))
    return dataclasses.replace(
        own,
        by_site=served.assign(day_kind=by_site["day_kind"]),
        expected=pd.concat([own.expected, letters.expected], ignore_index=True),
        draws=np.concatenate([own.draws, letters.draws], axis=2),
        totals=totals,
        site_ids=own.site_ids.append(letters.site_ids),
        rhythm=rhythm,
        waiting=letters.waiting,
    )


# --- The answer to every letter, with its reason.


Answer = Literal["accepted", "merged", "postponed", "refused"]
Reason = Literal[
    "as_wished", "within_window", "with_letter", "with_visit", "with_announced", "others_add_more", "over_budget",
    "no_team", "no_day", "window_passed", "later_period", "below_minimum", "outside_jurisdiction", "closed",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RequestsResult(Shown):
    """Every open letter, what it would bring and add, and its answer.

    Attributes
    ----------
    letters
        Index `number`, the one that adds most first: `name` (of the place), `asker`, `programme`, `wished` (day; NaT
        where none), `asked` (people, rounded unless the study is internal; NaN where not said), `basis` (`list`,
        `number`, `forecast`), `people`, `people_low`, `people_high` (everybody who comes), `additional`,
        `additional_low`, `additional_high` (alone, on its day; 90 %), `minimum` (the rule: MORE than so many), `meets`,
        `answer` (accepted, merged, postponed, refused), `reason` (a code), `answer_day` (NaT where refused), `partner`
        (the letter, place or event it is merged with; ''), `place_id`.
    visits
        The plan they were chosen in: `site_id`, `name`, `day`, by day; places of letters and the office's own.
    additional, additional_low, additional_high
        Additional people of the plan, with a 90 % interval.
    cost, budget
        Rupiah of the plan (a cost that is not known as the dearest that is), and the most it may be; None: no limit.
    show_up
        Share of listed people who come.
    """

    main = "letters"

    letters: pd.DataFrame
    visits: pd.DataFrame
    additional: float
    additional_low: float
    additional_high: float
    cost: float
    budget: float | None
    show_up: ConversionResult

    def summary(self) -> pd.DataFrame:
        """Additional people of each letter alone: `estimate, ci_low, ci_high, unit`."""
        named = {"additional": "estimate", "additional_low": "ci_low", "additional_high": "ci_high"}
        return self.letters[list(named)].rename(columns=named).assign(unit="additional people")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChosenVisits:
    """What was chosen, and what stood in the way of the rest: by `site_id` the `days` of the visits, the `room` for
    people beside those expected, why places are `excluded` (`ranking.excluded`, or `no_day`) and `costs` in rupiah;
    events `announced` anyway (`site_id, date`); `free_days` of letters' places (`site_id, day`), whatever was wished;
    whether the plan is `full`, and the rupiah `left` of a budget (infinite without one)."""

    days: pd.Series
    announced: pd.DataFrame
    room: pd.Series
    excluded: pd.Series
    free_days: pd.DataFrame
    full: bool
    left: float
    costs: pd.Series
    teams: int
    period: tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class LetterAnswer:
    """The answer to the letters of one place."""

    answer: Answer
    reason: Reason
    day: pd.Timestamp | None = None
    partner: str = ""


def answer_places(
    places: RequestPlaces, chosen: ChosenVisits, sites: pd.DataFrame, *, settings: Settings
) -> dict[str, LetterAnswer]:
    """An answer to every place that letters ask for: served, served elsewhere, later, or not at all."""
    answers: dict[str, LetterAnswer] = {}
    busy = Counter(pd.to_datetime([*chosen.days, *chosen.announced["date"]]))
    room = {str(place): float(people) for place, people in chosen.room.items()}
    for place_id, site in places.sites.iterrows():
        window = places.windows[str(place_id)]
        answers[str(place_id)] = (
            _served(str(place_id), window, chosen)
            or _impossible(str(place_id), chosen)
            or _elsewhere(str(place_id), site, window, chosen, sites, room, settings)
            or _too_small(site)
            or _later(str(place_id), window, chosen, busy)
        )
    return answers


def _served(place_id: str, window: DayWindow, chosen: ChosenVisits) -> LetterAnswer | None:
    if place_id not in chosen.days.index:
        return None
    day = pd.Timestamp(chosen.days[place_id])
    as_wished = window.wished is None or day.date() == window.wished
    return LetterAnswer("accepted", "as_wished" if as_wished else "within_window", day)


def _impossible(place_id: str, chosen: ChosenVisits) -> LetterAnswer | None:
    reasons: tuple[Reason, ...] = ("outside_jurisdiction", "closed")
    found = chosen.excluded.get(place_id)
    return next((LetterAnswer("refused", reason) for reason in reasons if reason == found), None)


def _elsewhere(
    place_id: str,
    site: pd.Series,
    window: DayWindow,
    chosen: ChosenVisits,
    sites: pd.DataFrame,
    room: dict[str, float],
    settings: Settings,
) -> LetterAnswer | None:
    """The nearest visit within reach, in the letter's days, that has room for its people."""
    announced = zip(chosen.announced["site_id"], chosen.announced["date"], strict=True)
    visits: list[tuple[Any, Any, Reason]] = [(at, day, "with_visit") for at, day in chosen.days.items()]
    visits += [(at, day, "with_announced") for at, day in announced]
    needs = 0.0 if pd.isna(site["asked"]) else float(site["asked"])
    near = []
    for at, day, reason in visits:
        other, moment = str(at), pd.Timestamp(day)
        km = float(great_circle_km(sites.loc[[place_id]], sites.loc[[other]])[0, 0])
        if km <= settings.request_merge_km and window.holds(moment.date()) and room.get(other, 0.0) >= needs:
            near.append((km, moment, other, reason))
    if not near:
        return None
    _, moment, other, reason = min(near)
    room[other] -= needs
    return LetterAnswer("merged", reason, moment, other)


def _too_small(site: pd.Series) -> LetterAnswer | None:
    return None if site["meets"] else LetterAnswer("refused", "below_minimum")


def _later(place_id: str, window: DayWindow, chosen: ChosenVisits, busy: Counter[pd.Timestamp]) -> LetterAnswer:
    """The first day on which a team is free once this plan leaves no room for the letter."""
    reason: Reason
    if window.wished is not None and window.first > chosen.period[1]:
        return LetterAnswer("postponed", "later_period", pd.Timestamp(window.wished))
    if window.last < window.first:
        reason, after = "window_passed", window.first
    else:
        after = max(window.last, chosen.period[1] if chosen.full or chosen.left < math.inf else window.last)
        cost = float(chosen.costs.get(place_id, 0.0))
        if chosen.excluded.get(place_id) in ("no_day", "no_free_day"):
            reason, after = "no_day", window.last
        elif cost > chosen.left:
            reason = "over_budget"
        elif chosen.full:
            reason = "others_add_more"
        else:
            reason, after = "no_team", window.last
    free = chosen.free_days
    days = free.loc[(free["site_id"] == place_id) & (free["day"] > pd.Timestamp(after)), "day"].sort_values()
    day = next((pd.Timestamp(day) for day in days if busy[pd.Timestamp(day)] < chosen.teams), None)
    if day is not None:
        busy[day] += 1
    return LetterAnswer("postponed", reason, day)


def letter_rows(
    letters: pd.DataFrame,
    places: RequestPlaces,
    answers: Mapping[str, LetterAnswer],
    numbers: pd.DataFrame,
    *,
    rounding_base: int,
) -> pd.DataFrame:
    """Every letter with the numbers of its place (`numbers`, index `site_id`) and its answer, the most first."""
    rows = []
    for place_id, site in places.sites.iterrows():
        given = answers[str(place_id)]
        members: Sequence[str] = site["letters"]
        for number in members:
            letter, lead = letters.loc[number], number == members[0]
            own = given
            if not lead and given.answer == "accepted":
                own = dataclasses.replace(given, answer="merged", reason="with_letter", partner=members[0])
            asked = asked_people(letters.loc[[number]]).iloc[0]
            rows.append(
                {
                    "number": number,
                    "name": site["name"],
                    "asker": letter["asker"],
                    "programme": letter["programme"],
                    "wished": letter["day"],
                    "asked": asked if pd.isna(asked) else float(round_people(int(asked), base=rounding_base)),
                    "basis": "list" if letter["listed"] > 0 else "forecast" if pd.isna(asked) else "number",
                    **numbers.loc[[str(place_id)]].iloc[0].to_dict(),
                    "minimum": int(site["minimum"]),
                    "meets": bool(site["meets"]),
                    "answer": own.answer,
                    "reason": own.reason,
                    "answer_day": pd.NaT if own.day is None else own.day,
                    "partner": own.partner,
                    "place_id": str(place_id),
                }
            )
    table = pd.DataFrame(rows).set_index("number")
    return table.sort_values("additional", ascending=False, kind="stable")
