"""Numbers that cannot be meant, through the commands: named with row and remedy, left out, never planned with."""

import io

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app

SITES = """\
site_id,name,kind,area,lon,lat,capacity,cost,opened,closed
KANIM,Kantor Imigrasi,office,64.72.02,"117,14",-0.49,120,,01/01/2010,
MALL,Mal Contoh,mall,Samarinda Ulu,117.13,-0.47,120,2500000,,{closed}
TGR,Pesantren Tenggarong,pesantren,64.02.06,,,,,,
BADAK,Pesantren Badak,pesantren,64.02.05,,,,1000000,,
"""
SETTINGS = '[office]\nname = "Kantor Contoh"\nsynthetic = true\n[dates]\nas_of = 2025-12-01\n[plan]\nevents = 1\n'
AREAS = """\
area_id,name,parent_id,population,lat,lon
64,Kaltim,,10,,
64.02,Kukar,64,10,,
64.02.06,Tenggarong,64.02,{residents},-0.4,117
"""
TRAVEL = "area_id,site_id,km\n64.02.06,MALL,30\n64.72.03,TGR,{km}\n"
ANSWERS = """\
service_date,event_id,kecamatan,kabupaten,would_have_come
15/03/2025,E2,Tenggarong,Kutai Kartanegara,ya
15/03/2025,E2,Tenggarong,Kutai Kartanegara,barangkali nanti
"""
run = CliRunner().invoke


@pytest.fixture
def folder(office):
    def write(closed: str = "", **files: str):
        named = {name.replace("_csv", ".csv"): text for name, text in files.items()}
        return office({"sites.csv": SITES.format(closed=closed), "outreach.toml": SETTINGS} | named)

    return write


def ranked(path) -> pd.DataFrame:
    done = run(app, ["rank", "--data", str(path), "--format", "csv"])
    assert done.exit_code == 0, done.stderr
    return pd.read_csv(io.StringIO(done.stdout))


@pytest.mark.parametrize(
    ("residents", "says"),
    [
        # blank ones stop what divides by them, not the reading
        ("", ["residents are missing", "64.02.06", "give the number"]),
        ("-5", ["areas.csv row 4: population", "is out of range"]),
        ("NaN", ["areas.csv row 4: population"]),
    ],
)
def test_residents_that_are_no_number_of_people_stop_the_command(folder, residents, says):
    done = run(app, ["rank", "--data", str(folder(areas_csv=AREAS.format(residents=residents)))])
    assert done.exit_code == 1
    assert all(part in done.stderr for part in says), done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("km", "says"),
    [
        ("nan", "km 'nan' is not a number"),
        pytest.param("-5", "km '-5' is out of range", marks=pytest.mark.slow),
    ],
)
def test_a_distance_that_cannot_be_is_left_out_by_row(folder, km, says):
    path = folder(travel_csv=TRAVEL.format(km=km))
    published = run(app, ["check", "--data", str(path)])
    assert f"travel.csv: 1 row (3): {says}" in published.stdout
    without = folder(travel_csv=TRAVEL.rsplit("64.72.03", 1)[0])
    pd.testing.assert_frame_equal(ranked(path), ranked(without))


@pytest.mark.parametrize(("command", "where"), [("check", "travel.csv: 1 row (3): "), ("rank", "travel.csv row 3: ")])
def test_metres_in_place_of_km_stop_the_file(folder, command, where):
    done = run(app, [command, "--data", str(folder(travel_csv=TRAVEL.format(km="30250")))])
    assert done.exit_code == 1
    said = done.stdout + done.stderr
    assert f"{where}km '30250' is more than any way by road" in said
    assert "write kilometres in the whole column: metres divided by 1,000" in said


def test_an_answer_that_nobody_understands_is_named_and_not_counted(folder):
    path = folder(**{"applicants/tgr_csv": ANSWERS})
    published = run(app, ["check", "--data", str(path)]).stdout
    assert "would_have_come" in published
    assert "is no answer to the desk question" in published


@pytest.mark.parametrize("closed", ["20/12/2025", pytest.param("02/12/2025", marks=pytest.mark.slow)])
def test_a_place_that_closes_before_a_day_could_be_proposed_is_kept_out_by_name(folder, closed):
    path = folder(closed)
    assert "MALL" not in set(ranked(path)["site_id"])
    done = run(app, ["plan", "--data", str(path), "--require", "MALL", "--format", "csv"])
    assert done.exit_code == 2
    assert "a rule keeps MALL out: closed" in done.stderr
    assert done.stdout == ""


def test_interest_that_led_to_an_event_whose_list_is_missing_stops_nothing(folder):
    path = folder(interest_csv="date,area,people,event_id\n10/01/2025,Loa Kulu,30,E2\n20/11/2025,Loa Kulu,25,\n")
    lists = [one for one in (path / "applicants").iterdir() if "E2" in one.read_text("utf-8")]
    for one in lists:
        text = "".join(line for line in one.read_text("utf-8").splitlines(keepends=True) if "E2" not in line)
        one.write_text(text, encoding="utf-8")
    assert lists
    checked = run(app, ["check", str(path)])
    assert checked.exit_code == 0
    assert "'E2' was held but has no applicants" in " ".join(checked.output.split())
    assert len(ranked(path)) > 0
