"""Deaths in crashes on the Ministry of Transport's road network: points, counted by province and year.

A point-in-polygon join with the provincial boundaries. Points that fall outside the simplified
polygons (coast, border) go to the nearest province, and the cell says how many deaths that were.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np

from sdg_eval.errors import DataError
from sdg_eval.grid import read_json
from sdg_eval.observations import observation_table
from sdg_eval.sources.reading import RawFile, Reading, set_aside_table, units

NAME = "doh-road"
TITLE = "Ministry of Transport: deaths in road crashes (points)"

CODE = "TH_ROAD_DEATHS"
BOUNDARIES_VARIABLE = "SDG_EVAL_BOUNDARIES"
LATITUDE = 13.5
"""Degrees of longitude are scaled by its cosine, so that "nearest" is measured in kilometres."""


def recognise(raw: RawFile) -> bool:
    """GeoJSON of points with deaths `d` and year `y`."""
    if raw.kind != "json" or not isinstance(raw.json, dict) or raw.json.get("type") != "FeatureCollection":
        return False
    first = (raw.json.get("features") or [{}])[0]
    return (first.get("geometry") or {}).get("type") == "Point" and {"d", "y"} <= set(first.get("properties") or {})


def boundaries_for(raw: RawFile) -> Path:
    """Return the boundary file: SDG_EVAL_BOUNDARIES, else a GeoJSON of polygons in this folder or beside it.

    Raises DataError with the remedy when there is none.
    """
    if named := os.environ.get(BOUNDARIES_VARIABLE):
        return Path(named)
    for folder in (raw.path.parent, *sorted(raw.path.resolve().parent.parent.glob("*"))):
        for path in sorted(folder.glob("*.geojson")) if folder.is_dir() else ():
            with path.open("rb") as file:
                if b"Polygon" in file.read(20_000):
                    return path
    raise DataError(
        f"{raw.name}: the provincial boundaries are needed to place the points, and no GeoJSON of polygons lies "
        f"in its folder or beside it. Put one there, or name it in {BOUNDARIES_VARIABLE}."
    )


def read_polygons(path: Path, codelists) -> tuple[list[str], list]:
    """Return (REF_AREA, polygon) of every province, longitude scaled. Raises DataError unless all 77 are there."""
    from shapely.affinity import scale
    from shapely.geometry import shape

    areas, polygons = [], []
    for number, feature in enumerate(read_json(path)[0]["features"], 1):
        area = next((a for v in feature["properties"].values() if v and (a := codelists.find_area(v))), None)
        if area is None:
            raise DataError(f"{path.name}, feature {number}: no property names a province: {feature['properties']}.")
        areas.append(area)
        polygons.append(scale(shape(feature["geometry"]), np.cos(np.radians(LATITUDE)), 1, origin=(0, 0)))
    if missing := set(codelists.provinces) - set(areas):
        raise DataError(f"{path.name}: {', '.join(sorted(missing))} missing. Give boundaries of all 77 provinces.")
    return areas, polygons


def place_points(points: np.ndarray, areas: list[str], polygons) -> tuple[np.ndarray, np.ndarray]:
    """Return (REF_AREA, inside) of each point (longitude, latitude in degrees), shape (n, 2).

    A point on a common border goes to the lower code; one outside all goes to the nearest province.
    """
    from shapely import STRtree
    from shapely import points as make_points

    scaled = make_points(points * [np.cos(np.radians(LATITUDE)), 1])
    tree = STRtree(polygons)
    order = np.array(areas)
    at, within = tree.query(scaled, predicate="intersects")
    found = np.full(len(points), "", dtype=object)
    for index, polygon in sorted(zip(at, within, strict=True), key=lambda pair: (pair[0], areas[pair[1]]), reverse=True):
        found[index] = areas[polygon]
    inside = found != ""
    outside = np.flatnonzero(~inside)
    if len(outside):
        found[outside] = order[tree.nearest(scaled[outside])]
    return found, inside


def read(raw: RawFile, codelists) -> Reading:
    """Return deaths by province and year; a province without a point in a covered year has 0."""
    features = raw.json["features"]
    points = _coordinates(raw, features)
    deaths = np.array([f["properties"]["d"] for f in features], dtype=float)
    years = np.array([f["properties"]["y"] for f in features], dtype=int)
    boundary = boundaries_for(raw)
    areas, inside = place_points(points, *read_polygons(boundary, codelists))
    count, moved, first = Counter(), Counter(), {}
    for index, (area, year) in enumerate(zip(areas, years, strict=True)):
        count[area, year] += deaths[index]
        moved[area, year] += 0 if inside[index] else deaths[index]
        first.setdefault((area, year), index + 1)
    unit = units(codelists, [CODE])[CODE]
    rows = [
        {
            "SERIES": CODE, "REF_AREA": area, "FREQ": "A", "TIME_PERIOD": str(year), "OBS_VALUE": count[area, year],
            "UNIT_MEASURE": unit, "source": NAME, "source_file": raw.name, "source_id": raw.file_id,
            "source_row": first.get((area, year), ""), "source_column": "d",
            "flags": f"nearest_province:{moved[area, year]:.0f}" if moved[area, year] else "",
        }  # fmt: skip
        for area in codelists.provinces
        for year in sorted(set(years.tolist()))
    ]
    aside = [("", int(i) + 1, "geometry", f"{points[i][0]}, {points[i][1]}", f"outside all provinces: counted in {areas[i]}, the nearest")
             for i in np.flatnonzero(~inside)]  # fmt: skip
    notes = [
        f"{len(points):,} points, {deaths.sum():,.0f} deaths, {len(set(years))} years; boundaries from {boundary.name}",
        f"{len(aside)} points with {deaths[~inside].sum():.0f} deaths lay outside the polygons: in the nearest province, flagged",
        "only the ministry's network: about a sixth of all road deaths",
    ]
    return Reading(observation_table(rows), set_aside_table(aside), notes)


def _coordinates(raw: RawFile, features) -> np.ndarray:
    for number, feature in enumerate(features, 1):
        properties, place = feature.get("properties") or {}, (feature.get("geometry") or {}).get("coordinates")
        right = isinstance(place, list) and len(place) >= 2 and {"d", "y"} <= set(properties)
        if not right or not (97 < place[0] < 106 and 5 < place[1] < 21) or properties["d"] < 0:
            raise DataError(
                f"{raw.name}, sheet -, row {number}, column geometry: feature {number} has no place in Thailand, "
                f"or no deaths and year: {str(feature)[:120]}. Download the file again."
            )
    return np.array([f["geometry"]["coordinates"][:2] for f in features], dtype=float)
