"""Temporary stand-in by the lead until the real one is written: overwrite me."""
import click
@click.command()
@click.option("--check", is_flag=True)
@click.pass_obj
def cluster(settings, check):
    if check: return
    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.jobs.cluster import cluster as job
    from python_jobs.storage.job_inputs import Period
    print(job(settings, ClusterParameters(), period=Period()))
@click.command()
@click.option("--provider")
@click.pass_obj
def name(settings, provider):
    from python_jobs.jobs.name import name as job
    print(job(settings, provider=provider))
