"""Prints how TensorBoard's HParams tab compares the runs in and below a folder, as one JSON object.

Use: hparams.py FOLDER
"""
import json
import sys

from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups


def main(folder):
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(folder)
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, folder)
    plugin = backend_context.Context(base_plugin.TBContext(data_provider=provider, logdir=folder))
    request = context.RequestContext()
    experiment = plugin.experiment_from_metadata(
        request, "", True, plugin.hparams_metadata(request, ""), [])
    groups = list_session_groups.Handler(
        request, plugin, "",
        api_pb2.ListSessionGroupsRequest(
            start_index=0, slice_size=1000, allowed_statuses=list(api_pb2.Status.values()))).run()
    json.dump(
        {
            "types": {info.name: api_pb2.DataType.Name(info.type) for info in experiment.hparam_infos},
            "differing": sorted(info.name for info in experiment.hparam_infos if info.differs),
            "runs": {
                session.name: {
                    "status": api_pb2.Status.Name(session.status),
                    "metrics": {value.name.tag: value.value for value in session.metric_values},
                    "names": sorted(group.hparams),
                }
                for group in groups.session_groups
                for session in group.sessions
            },
        }, sys.stdout)


main(sys.argv[1])
