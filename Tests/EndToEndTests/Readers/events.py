"""Prints what TensorBoard itself reads of the event file in a run's folder, as one JSON object.

Use: events.py FOLDER
"""
import json
import os
import sys

from tensorboard.backend.event_processing import event_accumulator, event_file_loader
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import Status


def number(value):
    return value.WhichOneof("kind"), getattr(value, value.WhichOneof("kind"))


def main(folder):
    everything = {name: 0 for name in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    accumulator = event_accumulator.EventAccumulator(
        folder, size_guidance=everything, purge_orphaned_data=False)
    accumulator.Reload()
    tags = accumulator.Tags()
    found = {
        "files": sorted(name for name in os.listdir(folder) if "tfevents" in name),
        "scalars": {
            tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in tags["scalars"]
        },
        "histograms": {
            tag: [
                {
                    "step": event.step, "min": value.min, "max": value.max, "num": value.num,
                    "sum": value.sum, "sum_squares": value.sum_squares,
                    "limits": list(value.bucket_limit), "counts": list(value.bucket),
                }
                for event in accumulator.Histograms(tag)
                for value in [event.histogram_value]
            ]
            for tag in tags["histograms"]
        },
        "texts": {
            tag: [[event.step, event.tensor_proto.string_val[0].decode()] for event in accumulator.Tensors(tag)]
            for tag in tags["tensors"]
            if accumulator.SummaryMetadata(tag).plugin_data.plugin_name == "text"
        },
        "hyperparameters": {},
    }
    sessions = found["hyperparameters"]
    for tag, content in accumulator.PluginTagToContent(metadata.PLUGIN_NAME).items():
        if tag == metadata.SESSION_START_INFO_TAG:
            start = metadata.parse_session_start_info_plugin_data(content)
            sessions["start"] = {name: list(number(value)) for name, value in start.hparams.items()}
        elif tag == metadata.SESSION_END_INFO_TAG:
            sessions["end"] = Status.Name(metadata.parse_session_end_info_plugin_data(content).status)
    # Every value of the file once more, as the accumulator drops what it takes for doubled.
    counts = {}
    for name in found["files"]:
        for event in event_file_loader.LegacyEventFileLoader(os.path.join(folder, name)).Load():
            for value in event.summary.value:
                key = f"{value.tag} {event.step}"
                counts[key] = counts.get(key, 0) + 1
    found["counts"] = counts
    json.dump(found, sys.stdout)


main(sys.argv[1])
