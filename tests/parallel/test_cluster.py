import pytest
from distributed import LocalCluster

from genrelab.errors import GenreLabError
from genrelab.parallel import cluster


def test_a_scheduler_that_goes_between_two_calls_is_a_line(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp", dashboard_address=None) as local,
        pytest.raises(GenreLabError, match="is gone; start it again, and the same command resumes"),
        cluster.connected(local.scheduler_address) as client,
    ):
        local.close()
        client.nthreads()


def test_what_fails_here_meanwhile_is_not_laid_to_the_scheduler():
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp", dashboard_address=None) as local,
        pytest.raises(OSError, match="No space left"),
        cluster.connected(local.scheduler_address),
    ):
        raise OSError(28, "No space left on device")
