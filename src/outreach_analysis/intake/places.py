"""The areas of a data set, and stated places looked up in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from outreach_analysis.geocoding.resolver import OriginResolver, Suggestion, origin_text
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.intake.masking import without_person

OUTSIDE = ("outside_province", "outside_country")
PLACED = ("desa", "kecamatan")
PLACE_COLUMNS = ("area", "address", "desa", "kecamatan", "kabupaten", "area_code")
"""Columns in which a row may say where it belongs."""

BETWEEN_SUGGESTIONS = "; "
_REASON_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "several_places": "one of several of this name",
        "contradiction": "one part says so, another does not",
        "similar_name": "its name is similar",
        "unknown_name": "named, but another word is not known",
        "other_level": "the name is also that of an area of another level",
        "building_or_desa": "it may be a building of this name",
    }
)

_KECAMATAN_CODE = len("64.02.06")
_CODE = re.compile(r"\d{2}(?:[.\s]?\d{2}(?:[.\s]?\d{2,3}(?:[.\s]?\d{3,4})?)?)?")


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Areas, the other names they go by, and the code system that the office declared.

    `own_files` and `other_names_used` as in `Dataset`.
    """

    areas: gpd.GeoDataFrame
    gazetteer: gpd.GeoDataFrame
    aliases: pd.DataFrame
    code_system: str
    own_files: tuple[str, ...] = ()
    other_names_used: bool = True

    def resolve(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Areas of rows with any of the columns area, address, desa, kecamatan, kabupaten, area_code.

        `area` holds a code or a name. Columns and statuses are those of `resolve_origins`.
        """
        return self._look_up(_stated(rows, self._own_ids))

    def resolve_as(self, rows: pd.DataFrame, level: str) -> pd.DataFrame:
        """As `resolve`, where a name without a level stands for an area of this one (kecamatan or desa)."""
        stated = _stated(rows, self._own_ids)
        if level not in stated and "address" in stated:
            stated = stated.rename(columns={"address": level})
        return self._look_up(stated)

    def _look_up(self, stated: pd.DataFrame) -> pd.DataFrame:
        return self._resolver.origins(stated)

    @cached_property
    def _resolver(self) -> OriginResolver:
        return OriginResolver(self.gazetteer, aliases=self.aliases, code_system=self.code_system)

    @cached_property
    def _own_ids(self) -> frozenset[str]:
        """Ids of the office's own areas that no code system would write so: they are taken as they stand."""
        return frozenset(str(area_id) for area_id in self.gazetteer.index if not _CODE.fullmatch(str(area_id)))

    def origins(self, rows: pd.DataFrame, *, names: pd.Series) -> pd.DataFrame:
        """Areas of rows, and what those in review say, without anything about the person.

        Where a place stays undecided, the person's own name and numbers are taken out of the text and it is
        looked up again: a name is not a place.

        Parameters
        ----------
        rows
            As for `resolve`, not empty.
        names
            Name of the person of each row, '' where unknown.

        Returns
        -------
        DataFrame
                Index of `rows`: area_id, level, status, place of `resolve_origins`; and of rows in review `text`, what
            they say ('' where nothing), and `suggestions`, as text; both '' for others.
        """
        stated = _stated(rows, self._own_ids)
        found = self._look_up(stated).drop(columns="score")
        undecided = (found["status"] == "review").to_numpy()
        said = stated[undecided]
        text = pd.Series("", index=rows.index, dtype="str")
        suggestions = text.copy()
        if len(said):
            safe = said.apply(lambda column: without_person(column, names[undecided], keep=self.words))
            changed = (safe != said).any(axis=1)
            if changed.any():
                found.loc[changed.index[changed]] = self._look_up(safe[changed]).drop(columns="score")
            text[undecided] = origin_text(safe).where(found.loc[undecided, "status"] == "review", "")
            suggestions[undecided] = found.loc[undecided, "suggestions"].map(suggestion_text).astype("str")
        return found.assign(text=text, suggestions=suggestions)

    def kecamatan_of(self, area_ids: pd.Series) -> pd.Series:
        """The kecamatan that holds each area; missing above kecamatan level."""
        return enclosing_area(area_ids, self.areas)

    @cached_property
    def words(self) -> frozenset[str]:
        """Lower-case words of three letters or more in the names of areas: shown although a person may bear them."""
        names = " ".join(self.gazetteer["name"]).casefold()
        return frozenset(re.findall(r"[^\W\d_]{3,}", names))

    @cached_property
    def nik_kecamatan(self) -> frozenset[str]:
        """Kecamatan that the first six digits of a NIK name for sure: not those that were split since."""
        old = self.aliases[self.aliases["kind"] == "old_code"]
        moved = old[old["alias"].str.slice(0, _KECAMATAN_CODE) != old["area_id"].str.slice(0, _KECAMATAN_CODE)]
        return frozenset(self.areas.index) - set(moved["alias"].str.slice(0, _KECAMATAN_CODE))

    @staticmethod
    def fits_several(origins: pd.DataFrame) -> pd.Series:
        """Whether an unresolved place is the name of several areas."""
        return (
            origins["suggestions"]
            .map(lambda items: any(item.reason == "several_places" for item in items))
            .astype(bool)
        )


def suggestion_text(suggestions: Iterable[Suggestion]) -> str:
    """Suggestions as one text, each with its id and its reason.

    Examples
    --------
    >>> suggestion_text([Suggestion("64.08.16", "Karangan, Kabupaten Kutai Timur", "several_places")])
    'Karangan, Kabupaten Kutai Timur (64.08.16): one of several of this name'
    """
    return BETWEEN_SUGGESTIONS.join(
        f"{item.label} ({item.area_id}): {_REASON_WORDS.get(item.reason, item.reason.replace('_', ' '))}"
        for item in suggestions
    )


def _stated(rows: pd.DataFrame, own_ids: Collection[str]) -> pd.DataFrame:
    blank = pd.Series("", index=rows.index, dtype="str")
    stated = rows[[name for name in ("desa", "kecamatan", "kabupaten") if name in rows]].copy()
    area = rows.get("area", blank)
    is_code = area.isin([said for said in area.unique() if said in own_ids or _CODE.fullmatch(said)])
    code, address = rows.get("area_code", blank), rows.get("address", blank)
    if "area_code" in rows or is_code.any():
        stated["code"] = code.where(code != "", area.where(is_code, ""))
    if "address" in rows or ("area" in rows and not is_code.all()):
        stated["address"] = address.where(address != "", area.where(~is_code, ""))
    return stated
