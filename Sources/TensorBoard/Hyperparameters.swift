/// The messages of the HParams plug-in for a run: `HParamsPluginData` of its plugin_data.proto and api.proto.
///
/// `Experiment` is left out. If runs have one, TensorBoard takes the first it finds for all of them and hides settings
/// that only other runs have. Without it the plug-in collects the settings of all runs and sees which differ.
package enum Hyperparameters: Sendable {
    package enum Value: Sendable, Equatable {
        case number(Double)
        case flag(Bool)
        case text(String)
    }

    /// The start of a run, with its hyperparameters; `time` in seconds since 1970.
    case sessionStart([(name: String, value: Value)], time: Double)
    /// The successful end of a run; `time` in seconds since 1970.
    case sessionEnd(time: Double)

    /// The tag under which the plug-in looks for the message.
    var tag: String {
        switch self {
        case .sessionStart: "_hparams_/session_start_info"
        case .sessionEnd: "_hparams_/session_end_info"
        }
    }

    var message: ProtobufMessage {
        ProtobufMessage { data in
            switch self {
            case .sessionStart(let hyperparameters, let time):
                data.add(
                    3,
                    ProtobufMessage { session in
                        for (name, value) in hyperparameters {
                            session.add(
                                1,
                                ProtobufMessage {
                                    $0.add(1, name)
                                    $0.add(2, value.message)
                                })
                        }
                        session.add(5, time)
                    })
            case .sessionEnd(let time):
                data.add(
                    4,
                    ProtobufMessage {
                        // STATUS_SUCCESS
                        $0.add(1, 1)
                        $0.add(2, time)
                    })
            }
        }
    }
}

extension Hyperparameters.Value {
    /// `google.protobuf.Value`.
    fileprivate var message: ProtobufMessage {
        ProtobufMessage { value in
            switch self {
            case .number(let number): value.add(2, number)
            case .text(let text): value.add(3, text)
            case .flag(let flag): value.add(4, flag)
            }
        }
    }
}
