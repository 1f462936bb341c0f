import ArgumentParser
import Configuration
import Foundation

/// What shells complete: the scripts that ask, and the answers.
///
/// The argument parser writes a script for each shell. Where a script cannot know the words it calls the program back,
/// which answers before MPI starts.
enum Completion {
    static var configurations: CompletionKind { .file(extensions: ["yaml", "yml"]) }
    static var weights: CompletionKind { .file(extensions: ["safetensors"]) }
    static var recipes: CompletionKind { .list(Recipe.all.map(\.name)) }

    /// Keys of the configuration and, behind "=", the words that a key takes.
    static var settings: CompletionKind {
        .custom { _, _, typed in
            // The option may be joined to its value.
            let start = typed.hasPrefix("--") ? typed.firstIndex(of: "=").map(typed.index(after:)) : nil
            let typed = typed[(start ?? typed.startIndex)...]
            let words = SettingWords()
            guard let equals = typed.firstIndex(of: "=") else {
                return words.keys.map { shown("\($0.text)=", $0.summary) }
            }
            let key = String(typed[..<equals])
            return words.values(of: key).map { shown("\(key)=\($0.text)", $0.summary) }
        }
    }

    /// Some words, or folders and files with these extensions.
    ///
    /// Bash expands what it is answered, so it gets no names of files; it finds them by itself where no word fits.
    static func words(_ words: [String], orFiles extensions: [String] = []) -> CompletionKind {
        .custom { _, _, typed in
            let isBash = CompletionShell.requesting == .bash
            return words + (isBash ? [] : files(typed, extensions).map { shown($0, "") })
        }
    }

    /// The folders that a path may go on with, and the files with some extensions.
    private static func files(_ typed: String, _ extensions: [String]) -> [String] {
        let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
        return (names ?? []).sorted().compactMap { name in
            guard !name.hasPrefix("."), !name.contains(where: \.isNewline) else { return nil }
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder + name, isDirectory: &isFolder)
            if isFolder.boolValue { return "\(folder)\(name)/" }
            return extensions.contains { name.hasSuffix(".\($0)") } ? folder + name : nil
        }
    }

    /// A word with what it means, as the shell that asks takes it.
    private static func shown(_ word: String, _ summary: String) -> String {
        switch CompletionShell.requesting {
        case .zsh?:
            let escaped = word.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
            return summary.isEmpty ? escaped : "\(escaped):\(summary)"
        case .fish?: return summary.isEmpty ? word : "\(word)\t\(summary)"
        default: return word
        }
    }

    /// The script, or the words, that a shell asks for; nil if the command line asks for neither.
    static func answer(to arguments: [String]) throws -> String? {
        guard let first = arguments.first,
            first == "---completion" || first.hasPrefix("--generate-completion-script")
        else { return nil }
        do { _ = try CompletedProgram.parseAsRoot(arguments) } catch {
            guard CompletedProgram.exitCode(for: error) == .success else { throw error }
            return mended(CompletedProgram.fullMessage(for: error))
        }
        return nil
    }

    /// The parser's script, but that words are taken as dtrain takes them.
    private static func mended(_ script: String) -> String {
        script.replacing("complete -o filenames -F _dtrain dtrain", with: bashEnd)
            .replacing("(__dtrain_tokens -tC)", with: fishPlace)
            .replacing("        __dtrain_complete \"${completions[@]:0:-1}\"", with: zshChoice)
    }

    /// Readline parts words at "=", and puts a blank behind each completion. The parser's function wants whole words, and
    /// behind a key its value follows at once.
    private static let bashEnd = #"""
        _dtrain_whole_words() {
            local line=$COMP_LINE word
            local -a whole=()
            local -i place index=0
            for place in "${!COMP_WORDS[@]}"; do
                word=${COMP_WORDS[place]}
                if [[ $place -gt 0 && $line != [[:blank:]]* && ($word == =* || ${whole[-1]} == *=) ]]; then
                    whole[-1]+=$word
                else
                    whole+=("$word")
                    line=${line#"${line%%[![:blank:]]*}"}
                fi
                line=${line#"$word"}
                ((place == COMP_CWORD)) && index=$((${#whole[@]} - 1))
            done
            local -a COMP_WORDS=("${whole[@]}")
            local -i COMP_CWORD=$index
            local typed=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
            if [[ $typed == --*=* ]]; then
                before=${typed%%=*}
                typed=${typed#*=}
            fi
            _dtrain "$1" "$typed" "$before"
            trap - RETURN
            local begun=
            [[ $typed == *=* ]] && begun=${typed%"${typed##*=}"}
            COMPREPLY=("${COMPREPLY[@]#"$begun"}")
            [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *= ]] && compopt +o filenames -o nospace 2>/dev/null
            return 0
        }

        complete -o default -o filenames -F _dtrain_whole_words dtrain
        """#

    /// fish 3.6 refuses the parser's question how far the cursor is in its word where it completes for a script.
    private static let fishPlace = #"(string length -- "$(commandline -ct)")"#

    /// In zsh, too, one goes on in the same word behind a key or a folder.
    private static let zshChoice = #"""
                local -a whole begun
                local entry
                for entry in "${completions[@]:0:-1}"; do
                    case "${entry%%:*}" in
                    *=|*/) begun+=("${entry}") ;;
                    *) whole+=("${entry}") ;;
                    esac
                done
                _describe -V '' whole -- begun -S ''
        """#
}

/// The program as shells see it: bare dtrain trains, so the options of `train` may follow its name, too.
struct CompletedProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dtrain", version: DTrain.configuration.version,
        subcommands: DTrain.configuration.subcommands)

    @OptionGroup var train: TrainCommand
}
