"""Invented offices: what one knows, as the `Dataset` that its files would be read into, and what is true of it."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import special

from outreach_analysis.contracts import OWN_NUMBERS
from outreach_analysis.event_kinds import held_popups, is_popup
from outreach_analysis.geography.areas import enclosing_area, load_areas
from outreach_analysis.geography.service_days import free_days, service_days
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.simulation.draws import (
    AS_OF,
    FIRST_MONTH,
    LAST_FULL_MONTH,
    SAMPLE_SEED,
    draw_interest,
    draw_office_monthly,
    negative_binomial,
    own_effect,
    sample_events,
    sample_sites,
)
from outreach_analysis.simulation.draws import Truth as Turnout
from outreach_analysis.simulation.writing import simulate_office
from regret_study.truths import Array, Ground, OfficeTruth
from regret_study.visits import TrueVisits, Visit

N_EVENTS = 3
_FAR_KM = 40.0
_UNSURE = 0.2
_OVERSTATED = (0.2, 0.4)
_MID_MONTH = pd.Timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """The sample's map: areas, places, and the ways between them as an office estimates them.

    Attributes
    ----------
    settings, areas, gazetteer
        Those of the sample.
    sites
        Places that offices hand in: candidates and fixed points.
    places
        These, and the office of every kecamatan that may be added for its interest.
    km
        Areas x places.
    days
        Index day, from the sample's first month to half a year ahead: kind.
    """

    settings: Settings
    areas: gpd.GeoDataFrame
    gazetteer: gpd.GeoDataFrame
    sites: pd.DataFrame
    places: pd.DataFrame
    costs: pd.DataFrame
    km: pd.DataFrame
    days: pd.Series

    @classmethod
    def load(cls) -> World:
        """Read it once for all offices."""
        settings = Settings(office_name="Kantor Imigrasi Contoh", synthetic=True, as_of=AS_OF)
        areas, gazetteer = load_areas(settings=settings), load_areas(level="all", settings=settings)
        sites = sample_sites(gazetteer)
        own = areas[areas["in_jurisdiction"]]
        seats = pd.DataFrame(
            {"kind": "kecamatan", "area_id": own.index, "lon": own["seat_lon"], "lat": own["seat_lat"]}
        ).set_axis(pd.Index("KANTOR-" + own.index, name="site_id"))
        places = pd.concat([sites, seats.assign(opened=pd.NaT)])
        costs = travel_costs(areas=areas, sites=places, settings=settings)
        calendar = service_days(FIRST_MONTH, AS_OF + dt.timedelta(180), settings=settings)
        return cls(
            settings=settings,
            areas=areas,
            gazetteer=gazetteer,
            sites=sites,
            places=places,
            costs=costs,
            km=costs.pivot(index="area_id", columns="site_id", values="km").loc[areas.index, places.index],
            days=calendar.set_index("day")["kind"],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Office:
    """One office: what it knows, and what is true.

    Attributes
    ----------
    truth, number
        Which truth, and which of its offices.
    known
        What its folder holds, read; without answers to the desk question.
    answers
        For everybody at a pop-up of the past, row by row of `known.applicants`: yes, no or unsure to 'would you have
        gone to the office within three months?', and `asked`: the place in the order in which they are asked.
    true
        What visits are worth.
    days
        The first days on which pop-ups can be held at any place, one a day.
    """

    truth: OfficeTruth
    number: int
    known: Dataset
    answers: pd.DataFrame
    true: TrueVisits
    days: tuple[pd.Timestamp, ...]

    def dataset(self, n_answers: int) -> Dataset:
        """What the office knows once so many people have answered."""
        asked = self.answers["asked"] < n_answers
        given = self.answers["answer"].where(asked)
        people = self.known.applicants.assign(would_have_come=given)
        table = people.dropna(subset="would_have_come").groupby(["event_id", "area_id"])["would_have_come"]
        published = table.value_counts().unstack(fill_value=0).reindex(columns=["yes", "no", "unsure"], fill_value=0)
        published = published.assign(asked=published.sum(axis=1)).reset_index()
        return replace(self.known, applicants=people, answers=published)


def make_office(world: World, truth: OfficeTruth, number: int, *, seed: int) -> Office:
    """The office of a truth with this number; it hangs on nothing but its truth, its number and the seed."""
    root = np.random.SeedSequence([seed, zlib.crc32(truth.truth_id.encode()), number])
    streams = dict(zip(_STREAMS, (np.random.default_rng(each) for each in root.spawn(len(_STREAMS))), strict=True))
    return _Maker(world=world, truth=truth, number=number, streams=streams, turnout=truth.turnout(number)).office()


_STREAMS = ("map", "effects", "calendar", "people", "office", "displacement", "interest", "answers", "product")


def _visits_of_a_day(events: pd.DataFrame) -> pd.DataFrame:
    """The sample's calendar for truths that know of no programmes: every pop-up a visit of one day, however invited."""
    popups = events[events["status"].isin(("held", "planned")) & is_popup(events)]
    capacity = popups["capacity"].mask(popups["programme"] == "invited")
    return popups.assign(programme="visit", days=1, end_date=popups["date"], booths=np.nan, capacity=capacity)


@dataclass(kw_only=True)
class _Maker:
    """Draws an office part by part, each from a stream of its own."""

    world: World
    truth: OfficeTruth
    number: int
    streams: dict[str, np.random.Generator]
    turnout: Turnout

    def office(self) -> Office:
        world, truth = self.world, self.truth
        sampled = simulate_office(seed=self._sample_seed(), truth=self.turnout) if truth.sample else None
        residents, km = self._map()
        effects = self._effects(residents, km, sampled)
        events = self._calendar(effects) if sampled is None else sampled.events
        planned = events[events["status"] == "planned"]
        held = held_popups(events).sort_values("date", kind="stable")
        if sampled is None:
            effects = _scaled_to(self.turnout.typical_total, effects, world.places.index, held["site_id"])
        displacement = self._displacement(residents, km)
        true = self._true(effects, displacement, planned)
        if sampled is None:
            came, true, held = self._past(true, effects, held)
        else:
            came = sampled.counts.pivot(index="event_id", columns="area_id", values="applicants")
            came = came.loc[held.index, world.areas.index].to_numpy(int)
        interest = self._interest(came, held) if sampled is None else _with_keys(sampled.interest)
        if truth.show_up_rates and interest is not None:
            true = replace(true, people=self._promises_kept(true.people, km, interest, held))
        placed, share = self._placed(came, km, held)
        known = self._dataset(placed, pd.concat([held.assign(placed_share=share), planned]), came, true, residents)
        known = replace(known, interest=interest)
        if sampled is not None:
            own = [name for name in sampled.sites if name.startswith(OWN_NUMBERS)]
            known = replace(known, office_monthly=sampled.office_monthly, sites=known.sites.join(sampled.sites[own]))
        answers = self._answers(known.applicants, true, held)
        days = _first_days(world, planned)
        return Office(truth=truth, number=self.number, known=known, answers=answers, true=true, days=days)

    def _sample_seed(self) -> int:
        return SAMPLE_SEED if self.number == 0 else int(self.streams["people"].integers(2**31))

    def _map(self) -> tuple[Array, Array]:
        """True residents and true km, which the office's own figures miss."""
        world, truth, rng = self.world, self.truth, self.streams["map"]
        areas = world.areas
        wrong = rng.random(len(areas)) < truth.population_share
        error = np.where(wrong, rng.normal(0.0, truth.population_sd, len(areas)), 0.0)
        by_river = (areas["access"] == "river").to_numpy()
        factor = pd.Series(np.where(by_river, rng.uniform(*truth.river_factor, len(areas)), 1.0), index=areas.index)
        of_place = factor.reindex(enclosing_area(world.places["area_id"], areas)).to_numpy()
        of_pair = np.where(factor.to_numpy()[:, None] != 1, factor.to_numpy()[:, None], of_place[None, :])
        return areas["population"].to_numpy(float) * np.exp(error), world.km.to_numpy() * of_pair

    def _effects(self, residents: Array, km: Array, sampled: Any) -> dict[str, Array]:
        """Log effects of areas and places, people to expect and the share of them a pop-up takes."""
        truth, turnout, rng = self.truth, self.turnout, self.streams["effects"]
        kind = self.world.places["kind"].map(lambda name: turnout.place_kind.get(name, 0.0)).to_numpy(float)
        of_area = rng.normal(0.0, truth.area_sd, len(residents))
        of_place = pd.Series(rng.normal(0.0, turnout.site_sd, len(kind)), index=self.world.places.index)
        level = 0.0
        if sampled is not None:
            level = sampled.truth["parameters"]["intercept"]
            for event_id, event in sampled.truth["events"].items():
                of_place[sampled.events["site_id"][event_id]] = event["site_effect"]
            of_place += own_effect(sampled.sites, turnout).reindex(of_place.index, fill_value=0.0)
        decay = turnout.decay_weight(km)
        people = residents[:, None] * decay * np.exp(level + kind + of_area[:, None]) * (1 - truth.zeros)
        luck = np.hypot(turnout.event_sd, truth.marketing_sd)
        return {
            "people": people * np.exp(of_place.to_numpy() + luck**2 / 2),
            "plain": people,
            "taken": truth.depletion * decay,
            "area": of_area,
            "luck_sd": np.asarray(luck),
        }

    def _calendar(self, effects: dict[str, Array]) -> pd.DataFrame:
        """The sample's last pop-ups and, where the truth says so, its announced ones; `luck` of each day (log)."""
        world, truth, rng = self.world, self.truth, self.streams["calendar"]
        events = _visits_of_a_day(sample_events(world.days.reset_index()))
        held = events[events["status"] == "held"].sort_values("date", kind="stable").iloc[-truth.n_events :]
        luck = rng.normal(0.0, float(effects["luck_sd"]), (len(held), truth.selection))
        if truth.selection > 1:
            held, luck = self._best_held(held, luck, effects)
        luck = luck[:, 0]
        luck[rng.integers(len(luck))] += np.log(truth.outlier)
        planned = events[events["status"] == "planned"].iloc[: truth.announced]
        return pd.concat([held.assign(luck=luck), planned])

    def _best_held(self, held: pd.DataFrame, luck: Array, effects: dict[str, Array]) -> tuple[pd.DataFrame, Array]:
        """On the same days, but each at the place of several that promises most people."""
        world, rng = self.world, self.streams["calendar"]
        candidates = world.sites[~world.sites["kind"].isin(SITE_KINDS_FIXED)]
        size = pd.Series(np.log(effects["people"].sum(axis=0)), index=world.places.index)
        chosen = []
        for number, kind in enumerate(held["day_kind"]):
            open_then = [kind in world.settings.allowed_day_kinds(each) for each in candidates["kind"]]
            sites = rng.choice(candidates.index[open_then], luck.shape[1], replace=False)
            best = int(np.argmax(size[sites].to_numpy() + luck[number]))
            chosen.append((sites[best], luck[number, best]))
        places, lucky = zip(*chosen, strict=True)
        return held.assign(site_id=places, capacity=np.nan), np.array(lucky)[:, None]

    def _displacement(self, residents: Array, km: Array) -> Array:
        """By area and place."""
        world, rng = self.world, self.streams["displacement"]
        fixed = world.places["kind"].isin(SITE_KINDS_FIXED).to_numpy()
        expected = self._office_people(residents, np.zeros((1, len(residents))), None, rng.spawn(1)[0])["expected"]
        per_year = expected.to_numpy().reshape(-1, len(residents)).mean(axis=0) * 12
        own = world.areas["in_jurisdiction"].to_numpy()
        demand = residents * np.percentile((per_year / residents)[own], world.settings.benchmark_percentile)
        ground = Ground(
            km=km[:, fixed].min(axis=1),
            office_share=np.clip(per_year / demand, 0.0, 1.0),
            place_kind=world.places["kind"].to_numpy(str),
        )
        share = self.truth.displacement(ground, rng)
        return np.repeat(share[:, None], km.shape[1], axis=1) if share.ndim == 1 else share

    def _true(self, effects: dict[str, Array], displacement: Array, planned: pd.DataFrame) -> TrueVisits:
        world, truth, turnout = self.world, self.truth, self.turnout
        own = world.places["capacity"].fillna(world.settings.popup_capacity).to_numpy(float)
        peak = float(self.streams["effects"].uniform(0, 365))
        return TrueVisits(
            site_ids=world.places.index,
            people=effects["people"],
            taken=np.minimum(effects["taken"], 0.9),
            displacement=displacement,
            inside=world.areas["in_jurisdiction"].to_numpy(bool),
            used=np.zeros(len(world.areas)),
            capacity=np.minimum(own, truth.quota),
            event_sd=float(effects["luck_sd"]),
            overdispersion=turnout.overdispersion,
            recovery_days=truth.recovery(self.number),
            growth=truth.growth,
            season=truth.season,
            season_peak=peak,
            lead_logit=truth.lead_logit,
            day_kind=world.days.map(turnout.day_kind),
            as_of=pd.Timestamp(AS_OF),
            announced=tuple(Visit(site_id=str(row.site_id), day=row.date) for row in planned.itertuples()),
        )

    def _past(
        self, true: TrueVisits, effects: dict[str, Array], held: pd.DataFrame
    ) -> tuple[np.ndarray, TrueVisits, pd.DataFrame]:
        """Who came to each pop-up of the past, in order; what the last of them left; and whether they were full."""
        truth, rng = self.truth, self.streams["people"]
        used, before, came, full = true.used.copy(), held["date"].iloc[0], [], []
        ordinary = np.exp(-(true.event_sd**2) / 2)
        for event in held.itertuples():
            site = true.site_ids.get_loc(event.site_id)
            used *= np.exp(-(event.date - before).days / true.recovery_days)
            before = event.date
            mean = true.people[:, site] * ordinary * np.exp(event.luck) * true.factor(event.date) * (1 - used)
            some = rng.random(len(mean)) >= truth.zeros
            people = negative_binomial(mean / max(1 - truth.zeros, 1e-9) * some, true.overdispersion, rng)
            own = true.capacity[site] if np.isnan(event.capacity) else event.capacity
            limit = int(min(own, truth.quota))
            full.append(people.sum() >= limit)
            came.append(rng.multivariate_hypergeometric(people, limit) if full[-1] else people)
            served = came[-1].sum() / max(people.sum(), 1)
            used = 1 - (1 - used) * (1 - true.taken[:, site] * served)
        used *= np.exp(-(true.as_of - before).days / true.recovery_days)
        published = full if truth.quota_recorded else np.zeros(len(full), dtype=bool)
        return np.array(came), replace(true, used=used), held.assign(sold_out=published)

    def _placed(self, came: np.ndarray, km: Array, held: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """People whose area could be read, and their share by event."""
        far = km[:, self.world.places.index.get_indexer(held["site_id"])].T > _FAR_KM
        lost = self.streams["people"].binomial(came, np.where(far, self.truth.unplaced_far, 0.0))
        total = came.sum(axis=1)
        placed = came - lost
        return placed, np.divide(placed.sum(axis=1), total, out=np.ones(len(total)), where=total > 0)

    def _office_people(
        self, residents: Array, missing: np.ndarray, held: pd.DataFrame | None, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Applicants at the office by month and area; `missing`: people of each pop-up who would have come there."""
        world = self.world
        months = pd.date_range(FIRST_MONTH, LAST_FULL_MONTH, freq="MS")
        area_ids = world.areas.index
        month = np.array([months[0]]) if held is None else held["date"].dt.to_period("M").dt.to_timestamp().to_numpy()
        visits = pd.DataFrame(
            {
                "month": np.repeat(month, len(area_ids)),
                "area_id": np.tile(area_ids, len(month)),
                "applicants": missing.ravel(),
            }
        )
        return draw_office_monthly(
            world.areas.assign(population=residents),
            world.sites,
            world.costs,
            visits,
            months=months,
            truth=self.turnout.replace(displacement=1.0),
            rng=rng,
        )

    def _dataset(
        self, placed: np.ndarray, events: pd.DataFrame, came: np.ndarray, true: TrueVisits, residents: Array
    ) -> Dataset:
        """Everything a `Dataset` holds, made here and nowhere else in the study."""
        world, truth = self.world, self.truth
        held = events[events["status"] == "held"]
        area_ids = world.areas.index
        counts = _counts(placed, held, world.areas)
        at = true.site_ids.get_indexer(held["site_id"])
        gone = came * true.displacement[:, at].T
        rng = self.streams["office"]
        office = self._office_people(residents, gone, held, rng)
        rhythm = [true.rhythm(day) for day in office["month"].unique() + _MID_MONTH]
        left = office["expected"] * np.repeat(rhythm, len(area_ids)) - office["displaced"]
        office["applicants"] = rng.poisson(np.maximum(left, 0.1 * office["expected"]))
        sites = world.sites
        if np.isfinite(truth.quota) and truth.quota_recorded:
            sites = sites.assign(capacity=sites["capacity"].fillna(np.inf).clip(upper=truth.quota))
        return Dataset(
            settings=world.settings,
            areas=world.areas,
            gazetteer=world.gazetteer,
            aliases=pd.DataFrame(columns=["alias", "area_id", "kind", "source"]),
            sites=sites,
            events=events.drop(columns="luck", errors="ignore"),
            applicants=_people(counts, held),
            counts=counts,
            outside=pd.DataFrame({"event_id": held.index, "place": "", "applicants": 0}).iloc[:0],
            interest=None,
            office_monthly=office[["month", "area_id", "applicants"]],
            travel=None,
            access=None,
            ledger=LedgerBuilder().close(),
        )

    def _interest(self, came: np.ndarray, held: pd.DataFrame) -> pd.DataFrame | None:
        """The sample's list of promises; every second office keeps no such list, and no rule of it binds there."""
        if self.number % 2:
            return None
        rng, world = self.streams["interest"], self.world
        counts = _counts(came, held, world.areas)
        as_of = pd.Timestamp(AS_OF)
        return _with_keys(draw_interest(counts, held, world.sites, as_of=as_of, truth=self.turnout, rng=rng))

    def _promises_kept(self, people: Array, km: Array, interest: pd.DataFrame, held: pd.DataFrame) -> Array:
        """People to expect where those who promised come to near places, unless as many would come without a word."""
        world, turnout = self.world, self.turnout
        evidence = interest_evidence(interest=interest, areas=world.areas, events=held, settings=world.settings)
        mean, sd = turnout.shows_up_mean, turnout.shows_up_sd
        size = mean * (1 - mean) / sd**2 - 1
        come = self.streams["interest"].beta(mean * size, (1 - mean) * size, len(people))
        promised = evidence.by_area["people"].to_numpy() * come
        return np.maximum(people, promised[:, None] * turnout.decay_weight(km))

    def _answers(self, people: pd.DataFrame, true: TrueVisits, held: pd.DataFrame) -> pd.DataFrame:
        """What everybody would answer at the desk, and in which order they are asked."""
        rng, areas = self.streams["answers"], self.world.areas
        at = true.site_ids.get_indexer(held["site_id"].reindex(people["event_id"]))
        area = areas.index.get_indexer(people["area_id"])
        share = np.clip(true.displacement[area, at], 1e-6, 1 - 1e-6)
        yes = rng.random(len(people)) < special.expit(special.logit(share) + rng.normal(*_OVERSTATED))
        unsure = rng.random(len(people)) < _UNSURE
        answer = np.select([unsure, yes], ["unsure", "yes"], "no")
        asked = np.where(true.inside[area], rng.permutation(len(people)), np.inf)
        return pd.DataFrame({"answer": answer, "asked": pd.Series(asked, index=people.index).rank(method="first") - 1})


def _scaled_to(typical: float, effects: dict[str, Array], places: pd.Index, visited: pd.Series) -> dict[str, Array]:
    """Effects after which the pop-ups of the past have this expected total on average, luck and place aside."""
    at = places.get_indexer(visited)
    factor = typical / effects["plain"][:, at].sum(axis=0).mean()
    return {**effects, "people": effects["people"] * factor}


def _counts(people: np.ndarray, held: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """People by event and area as rows."""
    return pd.DataFrame(
        {
            "event_id": np.repeat(held.index.to_numpy(), len(areas)),
            "area_id": np.tile(areas.index.to_numpy(), len(held)),
            "applicants": people.ravel(),
        }
    )


def _people(counts: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """One row a person at a pop-up whose area is known."""
    came = counts.loc[counts.index.repeat(counts["applicants"]), ["event_id", "area_id"]].reset_index(drop=True)
    unsaid = {"passport_type": "", "application": "", "channel": "", "age_band": ""}
    return came.assign(
        service_date=held["date"].reindex(came["event_id"]).to_numpy(),
        source_file="lists.csv",
        source_sheet="",
        source_row=np.arange(len(came)) + 2,
        person_key=[f"{number:032x}" for number in range(len(came))],
        origin_level="kecamatan",
        origin_status="exact",
        **unsaid,
    )


def _with_keys(interest: pd.DataFrame) -> pd.DataFrame:
    """Interest of the sample's office as reading its file leaves it: a key a phone, however that is written."""
    phone = interest["person"].str.replace(r"\D", "", regex=True).str.replace(r"^62", "0", regex=True)
    keyed = interest.drop(columns="person").assign(person_key=phone.where(phone != "", None))
    published = {"source_file": "interest.csv", "source_sheet": "", "source_row": np.arange(len(keyed)) + 2}
    return keyed.assign(event_id=keyed["event_id"].where(keyed["event_id"] != "", None), **published)


def _first_days(world: World, planned: pd.DataFrame) -> tuple[pd.Timestamp, ...]:
    """The first days off work that no announced pop-up has taken: on these every kind of place is open."""
    settings = world.settings
    ahead = service_days(AS_OF + dt.timedelta(settings.lead_days), AS_OF + dt.timedelta(90), settings=settings)
    free = free_days(ahead[ahead["kind"] != "workday"], "mall", settings=settings, taken=planned["date"])
    return tuple(free["day"].sort_values().iloc[:N_EVENTS])
