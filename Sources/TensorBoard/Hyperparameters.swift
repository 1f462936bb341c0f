/// What the HParams plug-in keeps: `HParamsPluginData` of its plugin_data.proto and api.proto.
package enum Hyperparameters: Sendable {
    /// A hyperparameter's value.
    package enum Value: Sendable, Equatable {
        case number(Double)
        case flag(Bool)
        case text(String)
    }

    /// What runs are compared by: the names of hyperparameters, with a value of each for its type, and the tags of the scalars
    /// that say what a run came to.
    case experiment(hyperparameters: [(name: String, value: Value)], metricTags: [String], created: Double)
    /// A run begins, with its hyperparameters; seconds since 1970.
    case sessionStart([(name: String, value: Value)], time: Double)
    /// A run has ended well; seconds since 1970.
    case sessionEnd(time: Double)

    /// The plug-in's tag of it.
    var tag: String {
        switch self {
        case .experiment: "_hparams_/experiment"
        case .sessionStart: "_hparams_/session_start_info"
        case .sessionEnd: "_hparams_/session_end_info"
        }
    }

    var message: ProtobufMessage {
        ProtobufMessage { data in
            switch self {
            case .experiment(let hyperparameters, let tags, let created):
                data.add(
                    2,
                    ProtobufMessage { experiment in
                        experiment.add(3, created)
                        for (name, value) in hyperparameters {
                            experiment.add(
                                4,
                                ProtobufMessage {
                                    $0.add(1, name)
                                    $0.add(4, value.type)
                                })
                        }
                        for tag in tags {
                            let name = ProtobufMessage { $0.add(2, tag) }
                            experiment.add(5, ProtobufMessage { $0.add(1, name) })
                        }
                    })
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
    /// `DataType` of the plug-in.
    fileprivate var type: Int {
        switch self {
        case .text: 1
        case .flag: 2
        case .number: 3
        }
    }

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
