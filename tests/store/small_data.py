"""A small dataset in the project's own form: three trains, two of which share the number G1 on different days."""

from __future__ import annotations

from pathlib import Path

SMALL = {
    "stations.csv": "telecode,name,pinyin,initials,city,bureau\n"
    "AAA,甲,jia,j,甲市,\nBBB,乙,yi,y,乙市,\nCCC,丙,bing,b,丙市,\n",
    "former_stations.csv": "name,telecode,pinyin,initials,now\n",
    "trains.csv": "train,kind,formation,classes,number,service\n"
    "G1-a,G,G,second,G1,work\nG1-b,G,G,second,G1,weekend\nK2,K,G,second,,\n",
    "timetable.csv": "train,seq,station,arr,dep,number,km\n"
    "G1-a,1,AAA,,08:00,,0\nG1-a,2,BBB,09:00,09:02,G4,100.5\nG1-a,3,CCC,10:00,,,210\n"
    "G1-b,1,AAA,,08:30,,\nG1-b,2,CCC,10:30,,,\n"
    "K2,1,AAA,,23:00,,\nK2,2,BBB,25:00,,,\n",
    "seats.csv": "formation,class,seats,note\nG,second,100,\n",
    "bureaus.csv": "bureau,name,english\n",
    "operators.csv": "train,operator,depot,valid_from,valid_to\n",
    "area_codes.csv": "code,province,city,pinyin,initials\n0999,甲省,甲市,jiashi,js\n",
    "holidays.csv": "date,kind,name\n",
    "presale.csv": "valid_from,days,source,verified\n2020-01-01,15,,yes\n",
    "services.csv": "service,weekdays,valid_from,valid_to\nwork,12345,2026-01-01,2026-12-31\nweekend,67,,\n",
    "service_days.csv": "service,date,runs\nwork,2026-10-01,no\nweekend,2026-10-01,yes\n",
    "provenance.json": '{"version": "1", "source": "a test", "as_of": "2026", "licence": "own", "files": {},'
    ' "valid_to": "2027-06-30"}',
}


def write(folder: Path) -> Path:
    """The files in ``folder``, which is made."""
    folder.mkdir()
    for name, content in SMALL.items():
        (folder / name).write_text(content, "utf-8")
    return folder
