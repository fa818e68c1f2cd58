"""Apply a multi-label task to a corpus: which tags exist, and which clip has which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache

from genrelab import corpus
from genrelab.config import MultiLabel
from genrelab.console import say
from genrelab.corpus import Corpus, Fold, TaggedCorpus
from genrelab.data import manifest
from genrelab.errors import DataError, suggest

NAMED = 8  # tags to name in a line, at most


def tagged(own: Corpus, dataset: str, task: MultiLabel, name: str, tags: Sequence[str] = ()) -> TaggedCorpus:
    """Return a corpus under a multi-label task.

    Parameters:
        own: the corpus with its original labels and all of its clips.
        dataset: its name.
        task: the definition of the tags; the task's name is `name`.
        tags: the tags of a model, in its order, as the complete set; if empty, the task chooses tags by how many clips
            have each.

    Returns:
        The clips with at least one of the tags, or all clips if the task keeps the others; what is left out is printed.

    Raises:
        DataError: no clip has a tag; no clip has one of the tags that the task names; fewer than two tags are left; or
            the table of tags is unreadable.
    """
    known = _tags_by_clip(own, dataset, task, name)
    gathered = {clip: _gathered(has, task.tags) for clip, has in known.items()}
    classes = tuple(tags) or _chosen(gathered, task, name)
    wanted = frozenset(classes)
    kept = {clip: has & wanted for clip, has in gathered.items()}
    without = frozenset() if task.untagged == "keep" else frozenset(id for id in own.ids if not kept.get(id))
    if without:
        clips = f"{len(without)} of {len(own.clips)} clips"
        _say_once(f"task {name}: {clips} have none of its {len(classes)} tags; left out")
    return TaggedCorpus(own.clips, classes, own.parts, kept).without(without)


def check_parts(found: TaggedCorpus, folds: Sequence[Fold], name: str) -> None:
    """Raise DataError if a part of a fold has no tag that some of its clips have and others lack.

    If only some tags cannot be learnt or scored in a part, print them.
    """
    for fold in folds:
        for part, ids in asdict(fold).items():
            true = found.targets(ids)
            lacking = [tag for tag, n in zip(found.classes, true.sum(axis=0), strict=True) if n in (0, len(ids))]
            if len(lacking) == len(found.classes):
                raise DataError(f"task '{name}': each tag is on all or none of the {len(ids)} clips of {part}")
            if lacking:
                named = f"{', '.join(lacking[:NAMED])}{' ...' * (len(lacking) > NAMED)}"
                _say_once(f"task {name}: tags on all or none of the clips of {part}: {named}")


@cache
def _say_once(line: str) -> None:
    """Print a line once per process: a command may read a corpus several times."""
    say(line)


def _tags_by_clip(own: Corpus, dataset: str, task: MultiLabel, name: str) -> Mapping[str, frozenset[str]]:
    """Return the tags of each clip from the task's table or the corpus."""
    if not task.source:
        found = corpus.read_tags(dataset)
        if not found:
            raise DataError(
                f"corpus '{dataset}' has no tags; set tasks.{name}.source to a CSV file with columns clip and tags"
            )
    else:
        found = {clip: frozenset(has) for clip, has in manifest.tags(task.source).items()}
        if not found.keys() & {*own.ids}:
            raise DataError(
                f"the table of tags {task.source} matches none of the clips of '{dataset}'; "
                f"clips are named as in its clips.csv, such as {own.ids[0]!r}"
            )
    there = {clip: found[clip] for clip in own.ids if clip in found}
    all_known = sorted({tag for has in there.values() for tag in has})
    for tag in dict.fromkeys(part for parts in task.tags.values() for part in parts):
        if tag not in all_known:
            raise DataError(f"task '{name}': no clip of '{dataset}' has the tag '{tag}'{suggest(tag, all_known)}")
    return there


def _gathered(has: frozenset[str], groups: Mapping[str, Sequence[str]]) -> frozenset[str]:
    return frozenset(tag for tag, parts in groups.items() if has & {*parts}) if groups else has


def _chosen(gathered: Mapping[str, frozenset[str]], task: MultiLabel, name: str) -> tuple[str, ...]:
    """Return the tags of a task in its own order, or else by name; print which are left out as too rare."""
    counts = Counter(tag for has in gathered.values() for tag in has)
    rare = sorted((tag for tag in {*counts, *task.tags} if counts[tag] < task.min_clips), key=lambda t: (-counts[t], t))
    enough = sorted(set(counts) - {*rare}, key=lambda tag: (-counts[tag], tag))
    kept = {*(enough[: task.top] if task.top else enough)}
    if len(kept) < 2:
        found = ", ".join(f"{tag} {n}" for tag, n in counts.most_common(NAMED)) or "none"
        raise DataError(
            f"task '{name}' has {len(kept)} tags with at least {task.min_clips} clips (min_clips) but needs two; "
            f"clips per tag: {found}"
        )
    if rare:
        named = ", ".join(f"{tag} {counts[tag]}" for tag in rare[:NAMED])
        more = f" and {len(rare) - NAMED} more" if len(rare) > NAMED else ""
        _say_once(f"task {name}: tags with fewer than {task.min_clips} clips are left out: {named}{more}")
    return tuple(tag for tag in task.tags if tag in kept) if task.tags else tuple(sorted(kept))
